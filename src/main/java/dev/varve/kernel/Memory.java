package dev.varve.kernel;

import dev.varve.base.Check;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import org.agrona.UnsafeApi;

/**
 * Memory off the heap, by address.
 *
 * <p>A region is reserved whole and costs memory only where it is touched, so it can grow in place,
 * under its readers. Addresses are not checked: whoever uses one answers for its being mapped. A
 * memory segment checks every access, and even one over all memory costs three instructions beside
 * the one that loads: a third of what a row's update takes.
 *
 * <p><b>Threads:</b> any; what accesses mean between threads is said by their callers.
 *
 * <p><b>Source:</b> mmap(2), madvise(2); Linux and macOS.
 */
@SuppressWarnings("restricted") // that is what this class is for
public final class Memory {
  /** What the operating system gives and takes at a time, here at most. */
  public static final int PAGE_BYTES = 4096;

  /** A huge page of x86-64, and of AArch64 with small pages of 4 KiB. */
  public static final int HUGE_PAGE_BYTES = 2 << 20;

  /** All memory, for vectors; a constant, so that most of its checks fold away. */
  static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

  private static final int READ_WRITE = 3;
  private static final boolean LINUX = System.getProperty("os.name").startsWith("Linux");

  /** MAP_PRIVATE, MAP_ANONYMOUS, and on Linux MAP_NORESERVE. */
  private static final int FLAGS = LINUX ? 0x2 | 0x20 | 0x4000 : 0x2 | 0x1000;

  private static final int DONT_NEED = 4;
  private static final int HUGE_PAGES = 14;

  private static final Linker LINKER = Linker.nativeLinker();
  private static final MemoryLayout ERRNO = Linker.Option.captureStateLayout();

  private static final MethodHandle MMAP =
      function(
          "mmap",
          FunctionDescriptor.of(
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_LONG));
  private static final MethodHandle MUNMAP =
      function(
          "munmap",
          FunctionDescriptor.of(
              ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG));
  private static final MethodHandle MADVISE =
      function(
          "madvise",
          FunctionDescriptor.of(
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_INT));

  private Memory() {}

  private static MethodHandle function(String name, FunctionDescriptor type) {
    return LINKER.downcallHandle(
        LINKER.defaultLookup().findOrThrow(name), type, Linker.Option.captureCallState("errno"));
  }

  /**
   * Reserves address space that reads as zeros; begins at a huge page's boundary.
   *
   * @param hugePages whether to ask for huge pages: fewer translations to miss, but then 2 MiB are
   *     in use as soon as one byte of them is
   * @throws IllegalStateException when the operating system refuses
   */
  public static Region reserve(long bytes, boolean hugePages) {
    long whole = roundUp(bytes, PAGE_BYTES) + HUGE_PAGE_BYTES;
    long mapped = call("mmap", bytes, MMAP, 0L, whole, READ_WRITE, FLAGS, -1, 0L);
    long address = roundUp(mapped, HUGE_PAGE_BYTES);
    if (hugePages && LINUX) {
      // Where the kernel has none, small pages do.
      var _ = invoke(MADVISE, address, roundUp(bytes, PAGE_BYTES), HUGE_PAGES);
    }
    return new Region(address, mapped, whole);
  }

  /**
   * A reserved range of addresses.
   *
   * @param address its first byte
   */
  public record Region(long address, long mapped, long whole) {
    /** Gives the range back; nothing may use it any more. */
    public void free() {
      call("munmap", whole, MUNMAP, mapped, whole);
    }

    /** Gives the memory of a part back, in whole pages; it reads as zeros when it is used again. */
    public void discard(long from, long bytes) {
      call("madvise", bytes, MADVISE, address + from, bytes, DONT_NEED);
    }
  }

  /** A little memory for as long as somebody holds it; begins at a cache line. */
  public static Block block(int bytes) {
    return new Block(Arena.ofAuto().allocate(bytes, 64));
  }

  /** Memory that is freed when nobody holds this any more. */
  public record Block(MemorySegment segment) {
    public long address() {
      return segment.address();
    }
  }

  public static long roundUp(long bytes, long unit) {
    return (bytes + unit - 1) / unit * unit;
  }

  private static long call(String what, long bytes, MethodHandle function, Object... arguments) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(ERRNO);
      long result = invoke(function, state, arguments);
      if (result == -1) {
        int errno =
            (int) ERRNO.varHandle(MemoryLayout.PathElement.groupElement("errno")).get(state, 0L);
        throw new IllegalStateException(
            Check.message(
                what,
                bytes + " bytes, errno " + errno,
                "memory off the heap; see ulimit -v and vm.overcommit_memory"));
      }
      return result;
    }
  }

  private static long invoke(MethodHandle function, Object... arguments) {
    try (Arena arena = Arena.ofConfined()) {
      return invoke(function, arena.allocate(ERRNO), arguments);
    }
  }

  private static long invoke(MethodHandle function, MemorySegment state, Object[] arguments) {
    Object[] all = new Object[arguments.length + 1];
    all[0] = state;
    System.arraycopy(arguments, 0, all, 1, arguments.length);
    try {
      return ((Number) function.invokeWithArguments(all)).longValue();
    } catch (Throwable e) {
      throw new IllegalStateException("memory: the call failed (expected: a native function)", e);
    }
  }

  // -- access by address

  public static int getInt(long address) {
    return UnsafeApi.getInt(address);
  }

  public static int getIntAcquire(long address) {
    return UnsafeApi.getIntAcquire(null, address);
  }

  public static void putInt(long address, int value) {
    UnsafeApi.putInt(address, value);
  }

  public static void putIntOpaque(long address, int value) {
    UnsafeApi.putIntOpaque(null, address, value);
  }

  public static void putIntRelease(long address, int value) {
    UnsafeApi.putIntRelease(null, address, value);
  }

  /** Needs no alignment; not atomic where there is none. */
  public static long getLong(long address) {
    return UnsafeApi.getLongUnaligned(null, address);
  }

  public static void putLong(long address, long value) {
    UnsafeApi.putLongUnaligned(null, address, value);
  }

  public static short getShort(long address) {
    return UnsafeApi.getShort(address);
  }

  public static void putShort(long address, short value) {
    UnsafeApi.putShort(address, value);
  }

  public static void putShortOpaque(long address, short value) {
    UnsafeApi.putShortOpaque(null, address, value);
  }

  public static void putShortRelease(long address, short value) {
    UnsafeApi.putShortRelease(null, address, value);
  }

  /** Copies n bytes into an array. */
  public static void copy(long address, byte[] to, int at, int n) {
    MemorySegment.copy(ALL, ValueLayout.JAVA_BYTE, address, to, at, n);
  }

  public static float getFloat(long address) {
    return UnsafeApi.getFloat(address);
  }

  public static void putFloat(long address, float value) {
    UnsafeApi.putFloat(address, value);
  }
}
