package dev.varve.log;

import java.io.BufferedInputStream;
import java.io.Closeable;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A file that is read from its beginning to its end, decompressed on the way.
 *
 * <p>Threads: one reads; any may ask how far it is.
 */
final class LogFile implements Closeable {
  /** Stands for the standard input. */
  static final String STANDARD_INPUT = "-";

  private static final int BUFFER_BYTES = 1 << 16;

  private final String name;
  private final long sizeBytes;
  private final AtomicLong bytesRead = new AtomicLong();
  private final InputStream content;

  private LogFile(String name, long sizeBytes, InputStream raw) throws IOException {
    this.name = name;
    this.sizeBytes = sizeBytes;
    this.content =
        Compression.of(name).reading(new BufferedInputStream(counted(raw), BUFFER_BYTES));
  }

  static LogFile open(Path path) throws IOException {
    if (path.toString().equals(STANDARD_INPUT)) {
      return new LogFile(STANDARD_INPUT, -1, System.in);
    }
    InputStream raw = Files.newInputStream(path);
    try {
      return new LogFile(path.toString(), Files.size(path), raw);
    } catch (IOException e) {
      raw.close();
      throw e;
    }
  }

  /** The path, or "-". */
  String name() {
    return name;
  }

  /** The file's name without the suffix of its compression. */
  String plainName() {
    return Compression.of(name).strip(name);
  }

  /** The file's characters, UTF-8; what is not UTF-8 becomes U+FFFD. */
  Reader reader() {
    return new InputStreamReader(content, StandardCharsets.UTF_8);
  }

  /** Bytes of the file as it stands on the disk, -1 when that is not known. */
  long sizeBytes() {
    return sizeBytes;
  }

  /** Bytes read of the file as it stands on the disk. */
  long bytesRead() {
    return bytesRead.get();
  }

  @Override
  public void close() throws IOException {
    content.close();
  }

  private InputStream counted(InputStream raw) {
    return new FilterInputStream(raw) {
      @Override
      public int read() throws IOException {
        int value = super.read();
        bytesRead.addAndGet(value < 0 ? 0 : 1);
        return value;
      }

      @Override
      public int read(byte[] into, int offset, int length) throws IOException {
        int n = super.read(into, offset, length);
        bytesRead.addAndGet(Math.max(n, 0));
        return n;
      }
    };
  }
}
