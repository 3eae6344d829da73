package dev.varve.base;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A value that is made of files, and made again when they change. While they are broken, the value
 * of before stays, and the log says once why.
 *
 * <p>Files are compared by content, so that it does not matter how they are replaced: in place, by
 * a rename, or by the symbolic links of a mounted secret.
 *
 * <p><b>Threads:</b> any.
 */
public final class Reloaded<T> {
  private static final Logger LOG = LoggerFactory.getLogger(Reloaded.class);

  private final String key;
  private final List<Path> files;
  private final Supplier<T> reader;
  private volatile T value;
  private List<Optional<ByteBuffer>> used;
  private List<Optional<ByteBuffer>> seen;

  /**
   * Reads the value.
   *
   * @param key of the file in the configuration, for the log
   * @param reader makes the value of the files; what it throws is thrown here too
   */
  public Reloaded(String key, List<Path> files, Supplier<T> reader) {
    this.key = key;
    this.files = List.copyOf(files);
    this.reader = reader;
    this.used = contents();
    this.seen = used;
    this.value = reader.get();
  }

  /** The value of now. */
  public T get() {
    return value;
  }

  /**
   * Looks at the files again. A change counts when it is seen the second time: the first look may
   * come while a file is half written, or while one of two is still the old one.
   */
  public synchronized void check() {
    List<Optional<ByteBuffer>> now = contents();
    boolean settled = now.equals(seen);
    seen = now;
    if (!settled || now.equals(used)) {
      return;
    }
    used = now;
    try {
      value = reader.get();
      LOG.info("{}: read again", key);
    } catch (RuntimeException e) {
      LOG.error("{}; what was read before stays in force", e.getMessage());
    }
  }

  private List<Optional<ByteBuffer>> contents() {
    return files.stream().map(Reloaded::content).toList();
  }

  private static Optional<ByteBuffer> content(Path file) {
    try {
      return Optional.of(ByteBuffer.wrap(Files.readAllBytes(file)));
    } catch (IOException e) {
      return Optional.empty();
    }
  }
}
