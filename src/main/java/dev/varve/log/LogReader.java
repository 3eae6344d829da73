package dev.varve.log;

import dev.varve.base.Check;
import dev.varve.base.NearestName;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * A log of events as a stream of examples. CSV, TSV or JSON lines, plain or compressed with zstd
 * ({@code .zst}) or gzip ({@code .gz}). Memory does not depend on the log's length, only on its
 * longest row, its side tables and the window of its negatives.
 *
 * <p>Threads: one reads; any may ask for {@link #bytesRead}.
 */
public final class LogReader implements Closeable {
  private final RowSource log;
  private final RowMapper mapper;
  private final Deque<LogRow> waiting = new ArrayDeque<>();

  private LogReader(RowSource log, RowMapper mapper) {
    this.log = log;
    this.mapper = mapper;
  }

  /**
   * Opens a log and reads its side tables.
   *
   * @param log the file, or {@code -} for the standard input
   * @param sideFiles files of the mapping's joins, by name; a join that is not named here has its
   *     file beside the log
   * @throws MappingException with all that is wrong: a file is missing, a column is not there
   * @throws IOException when a side table breaks off
   */
  public static LogReader open(Path log, Mapping mapping, Map<String, Path> sideFiles)
      throws IOException {
    var problems = new ArrayList<String>();
    Rules rules = mapping.rules();
    var joins = rules.joins().keySet();
    for (String name : sideFiles.keySet()) {
      if (!joins.contains(name)) {
        problems.add(Check.message("join", name, NearestName.rule("a join", name, joins)));
      }
    }
    RowSource source = RowSource.open("log", log, rules.format(), problems);
    LogReader reader = null;
    try {
      if (source != null) {
        var bound = new Binder(rules, source, problems).bind(paths(log, rules, sideFiles));
        reader = new LogReader(source, new RowMapper(source.rows(), rules, bound));
      }
    } finally {
      if (source != null && (reader == null || !problems.isEmpty())) {
        source.close();
      }
    }
    if (reader == null || !problems.isEmpty()) {
      throw new MappingException(mapping.name(), problems);
    }
    return reader;
  }

  /**
   * The next example or refused row, null at the end of the log.
   *
   * @throws IOException when the file breaks off or cannot be decompressed; it names the place
   */
  public @Nullable LogRow next() throws IOException {
    while (waiting.isEmpty()) {
      if (!nextRow()) {
        return null;
      }
      waiting.addAll(mapper.map());
    }
    return waiting.poll();
  }

  /** Bytes read of the file, compressed as it is. */
  public long bytesRead() {
    return log.file().bytesRead();
  }

  /** Bytes of the file, compressed as it is; empty for the standard input. */
  public OptionalLong sizeBytes() {
    long size = log.file().sizeBytes();
    return size < 0 ? OptionalLong.empty() : OptionalLong.of(size);
  }

  @Override
  public void close() throws IOException {
    log.close();
  }

  private boolean nextRow() throws IOException {
    try {
      return log.rows().next();
    } catch (IOException e) {
      long row = log.rows().number();
      String where = "%s behind row %d: %s".formatted(log.file().name(), row, e.getMessage());
      throw new IOException(where, e);
    }
  }

  private static Map<String, Path> paths(Path log, Rules rules, Map<String, Path> sideFiles) {
    var paths = new HashMap<String, Path>();
    rules.joins().forEach((name, join) -> paths.put(name, log.resolveSibling(join.file())));
    paths.putAll(sideFiles);
    return paths;
  }
}
