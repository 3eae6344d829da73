package dev.varve.log;

import dev.varve.base.Check;
import dev.varve.base.NearestName;
import dev.varve.log.Rules.Format;
import dev.varve.log.Rules.Kind;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** An open file and its rows. What is wrong with it becomes a problem, not an exception. */
record RowSource(LogFile file, Rows rows) implements Closeable {
  /**
   * Opens a file.
   *
   * @param key names the file in problems
   * @return null, with a problem added, when it cannot be read as rows
   */
  static @Nullable RowSource open(String key, Path path, Format format, List<String> problems) {
    if (!path.toString().equals(LogFile.STANDARD_INPUT) && !Files.exists(path)) {
      problems.add(Check.message(key, path, "an existing file"));
      return null;
    }
    try {
      return openExisting(key, path, format, problems);
    } catch (IOException e) {
      problems.add(Check.message(key, path, "a readable file: " + e.getMessage()));
      return null;
    }
  }

  private static @Nullable RowSource openExisting(
      String key, Path path, Format format, List<String> problems) throws IOException {
    LogFile file = LogFile.open(path);
    Kind kind = kind(file, format);
    if (kind == null) {
      problems.add(Check.message(key, path, "a name in .csv, .tsv or .jsonl, or a format given"));
      file.close();
      return null;
    }
    try {
      Rows rows = rows(new Lines(file.reader()), format, kind);
      if (kind != Kind.JSONL && rows.columns().isEmpty()) {
        problems.add(Check.message(key, path + " is empty", "a header with the columns' names"));
      }
      return new RowSource(file, rows);
    } catch (IOException e) {
      file.close();
      throw e;
    }
  }

  /** The index of a column; -1, with a problem added, when the file lacks it. */
  int column(String key, String name, List<String> problems) {
    int column = rows.column(name);
    if (column < 0 && !rows.columns().isEmpty()) {
      String what = "a column of " + file.name();
      problems.add(Check.message(key, name, NearestName.rule(what, name, rows.columns())));
    }
    return column;
  }

  @Override
  public void close() throws IOException {
    rows.close();
  }

  private static Rows rows(Lines lines, Format format, Kind kind) throws IOException {
    return switch (kind) {
      case CSV -> DelimitedRows.open(lines, format, true);
      case TSV -> DelimitedRows.open(lines, format, false);
      case JSONL -> new JsonRows(lines);
    };
  }

  private static @Nullable Kind kind(LogFile file, Format format) {
    if (format.kind() != null) {
      return format.kind();
    }
    String name = file.plainName().toLowerCase(Locale.ROOT);
    return name.endsWith(".csv")
        ? Kind.CSV
        : name.endsWith(".tsv")
            ? Kind.TSV
            : name.endsWith(".jsonl") || name.endsWith(".ndjson") ? Kind.JSONL : null;
  }
}
