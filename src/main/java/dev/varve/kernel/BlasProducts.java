package dev.varve.kernel;

import java.io.IOException;
import java.io.Serial;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.net.URL;
import java.util.List;
import org.bytedeco.javacpp.Loader;
import org.jspecify.annotations.Nullable;

/**
 * {@link Products} by OpenBLAS, one thread each.
 *
 * <p>It comes from Maven Central as a native library within a jar; JavaCPP puts it in its cache,
 * from where it is loaded. It works on the arrays as they lie in the heap, so nothing is copied,
 * and the garbage collector waits for a product: with layers of 512 below a millisecond for a
 * micro-batch of 128 examples, ten for one of 2,048.
 */
@SuppressWarnings("restricted") // native code
final class BlasProducts extends Products {
  /** Why there is no OpenBLAS. */
  static final class MissingException extends Exception {
    @Serial private static final long serialVersionUID = 1;

    MissingException(String platform, @Nullable Throwable cause) {
      super(
          "openblas: none for %s (expected: org.bytedeco:openblas for it on the class path)%s"
              .formatted(platform, cause == null ? "" : "; " + cause.getMessage()),
          cause);
    }
  }

  /** Those that the last one needs come first, where there are any. */
  private static final List<String> FILES =
      List.of("libgcc_s.so.1", "libquadmath.so.0", "libgfortran.so.5", "libopenblas.so.0");

  private static final int ROW_MAJOR = 101;
  private static final int AS_IT_IS = 111;
  private static final int TRANSPOSED = 112;
  private static final int LONGEST_NAME = 64;

  private final MethodHandle sgemm;
  private final String core;

  private BlasProducts(SymbolLookup library) throws Throwable {
    var linker = Linker.nativeLinker();
    MethodHandle setThreads =
        linker.downcallHandle(
            library.findOrThrow("openblas_set_num_threads"),
            FunctionDescriptor.ofVoid(ValueLayout.JAVA_INT));
    setThreads.invokeExact(1);
    MethodHandle coreName =
        linker.downcallHandle(
            library.findOrThrow("openblas_get_corename"),
            FunctionDescriptor.of(ValueLayout.ADDRESS));
    core = ((MemorySegment) coreName.invokeExact()).reinterpret(LONGEST_NAME).getString(0);
    sgemm =
        linker.downcallHandle(
            library.findOrThrow("cblas_sgemm"),
            FunctionDescriptor.ofVoid(
                ValueLayout.JAVA_INT,
                ValueLayout.JAVA_INT,
                ValueLayout.JAVA_INT,
                ValueLayout.JAVA_INT,
                ValueLayout.JAVA_INT,
                ValueLayout.JAVA_INT,
                ValueLayout.JAVA_FLOAT,
                ValueLayout.ADDRESS,
                ValueLayout.JAVA_INT,
                ValueLayout.ADDRESS,
                ValueLayout.JAVA_INT,
                ValueLayout.JAVA_FLOAT,
                ValueLayout.ADDRESS,
                ValueLayout.JAVA_INT),
            Linker.Option.critical(true));
  }

  static BlasProducts load() throws MissingException {
    String platform = Loader.getPlatform();
    SymbolLookup library = null;
    try {
      for (String file : FILES) {
        URL resource =
            BlasProducts.class.getResource(
                "/org/bytedeco/openblas/%s/%s".formatted(platform, file));
        if (resource != null) {
          // JavaCPP keeps it beside the others of its jar; for as long as the process lives.
          library =
              SymbolLookup.libraryLookup(
                  Loader.cacheResource(resource).toPath().toRealPath(), Arena.global());
        }
      }
      if (library == null) {
        throw new MissingException(platform, null);
      }
      return new BlasProducts(library);
    } catch (IOException | RuntimeException | LinkageError e) {
      throw new MissingException(platform, e);
    } catch (MissingException e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException("openblas: the call failed (expected: a native function)", e);
    }
  }

  @Override
  public void multiply(Factor a, Factor b, float[] c, boolean adds) {
    try {
      sgemm.invokeExact(
          ROW_MAJOR,
          a.isTransposed() ? TRANSPOSED : AS_IT_IS,
          b.isTransposed() ? TRANSPOSED : AS_IT_IS,
          a.rows(),
          b.columns(),
          a.columns(),
          1f,
          MemorySegment.ofArray(a.values()),
          a.isTransposed() ? a.rows() : a.columns(),
          MemorySegment.ofArray(b.values()),
          b.isTransposed() ? b.rows() : b.columns(),
          adds ? 1f : 0f,
          MemorySegment.ofArray(c),
          b.columns());
    } catch (Throwable e) {
      throw new IllegalStateException("openblas: the call failed (expected: a native function)", e);
    }
  }

  @Override
  public String describe() {
    return "openblas, " + core;
  }
}
