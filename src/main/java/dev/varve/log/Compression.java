package dev.varve.log;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;

/** How a file is compressed, by its suffix. */
enum Compression {
  NONE(""),
  GZIP(".gz"),
  ZSTD(".zst");

  private static final int BUFFER_BYTES = 1 << 16;

  private final String suffix;

  Compression(String suffix) {
    this.suffix = suffix;
  }

  static Compression of(String fileName) {
    return fileName.endsWith(ZSTD.suffix) ? ZSTD : fileName.endsWith(GZIP.suffix) ? GZIP : NONE;
  }

  /** The name of the file that was compressed. */
  String strip(String fileName) {
    return fileName.substring(0, fileName.length() - suffix.length());
  }

  InputStream reading(InputStream in) throws IOException {
    return switch (this) {
      case NONE -> in;
      case GZIP -> new GZIPInputStream(in, BUFFER_BYTES);
      case ZSTD -> (InputStream) Zstd.open(Zstd.READING, in);
    };
  }

  OutputStream writing(OutputStream out) throws IOException {
    return switch (this) {
      case NONE -> out;
      case GZIP -> new GZIPOutputStream(out, BUFFER_BYTES);
      case ZSTD -> (OutputStream) Zstd.open(Zstd.WRITING, out);
    };
  }

  /**
   * zstd-jni, looked up by name: kafka-clients brings it for running only, so the compiler does not
   * see it.
   */
  private static final class Zstd {
    static final MethodHandle READING =
        constructor("com.github.luben.zstd.ZstdInputStreamNoFinalizer", InputStream.class);
    static final MethodHandle WRITING =
        constructor("com.github.luben.zstd.ZstdOutputStreamNoFinalizer", OutputStream.class);

    private static MethodHandle constructor(String name, Class<?> stream) {
      try {
        return MethodHandles.publicLookup()
            .findConstructor(Class.forName(name), MethodType.methodType(void.class, stream));
      } catch (ReflectiveOperationException e) {
        throw new LinkageError("zstd-jni is not on the class path", e);
      }
    }

    static Object open(MethodHandle constructor, Object stream) throws IOException {
      try {
        return constructor.invoke(stream);
      } catch (IOException | RuntimeException | Error e) {
        throw e;
      } catch (Throwable e) {
        throw new IOException(e);
      }
    }
  }
}
