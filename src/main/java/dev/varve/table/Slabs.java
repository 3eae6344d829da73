package dev.varve.table;

import dev.varve.base.Check;

/**
 * The slabs of a shard, one for each dimension, and what a slot's number means: four bits for the
 * slab, then 27 bits for the place in it. Traces, of dimension 0, have the first slab.
 *
 * <p><b>Threads:</b> any; nothing here changes.
 */
final class Slabs {
  static final int MOST_DIMENSION = 128;

  private static final int PLACE_BITS = 27;
  private static final int PLACE = (1 << PLACE_BITS) - 1;

  private final Slab[] slabs;
  private final long[] bases;
  private final long[] strides;
  private final int[] lastOfVector;
  private final int[] lastOfState;

  Slabs(RowEncoding encoding, int widest, long capacityBytes, int pageBytes) {
    Check.that(
        widest >= 1 && widest <= MOST_DIMENSION && Integer.bitCount(widest) == 1,
        "dimension",
        widest,
        "one of 1, 2, 4, 8, 16, 32, 64, 128");
    slabs = new Slab[level(widest) + 1];
    bases = new long[slabs.length];
    strides = new long[slabs.length];
    lastOfVector = new int[slabs.length];
    lastOfState = new int[slabs.length];
    for (int level = 0; level < slabs.length; level++) {
      int dimension = dimension(level);
      slabs[level] = new Slab(encoding, dimension, capacityBytes, pageBytes);
      bases[level] = slabs[level].base();
      strides[level] = slabs[level].stride();
      lastOfVector[level] = RowDescriptor.lastOfVector(dimension);
      lastOfState[level] = slabs[level].stride() - Integer.BYTES;
    }
  }

  /** 0, 1, 2, 3 for 0, 1, 2, 4 and so on. */
  static int level(int dimension) {
    return Integer.SIZE - Integer.numberOfLeadingZeros(dimension);
  }

  private static int dimension(int level) {
    return (1 << level) >> 1;
  }

  static int levelOf(int slot) {
    return slot >>> PLACE_BITS;
  }

  static int dimensionOf(int slot) {
    return dimension(slot >>> PLACE_BITS);
  }

  static int place(int slot) {
    return slot & PLACE;
  }

  static int slot(int level, int place) {
    return (level << PLACE_BITS) | place;
  }

  /** Address of the row in a slot. */
  long row(int slot) {
    int level = slot >>> PLACE_BITS;
    return bases[level] + (slot & PLACE) * strides[level];
  }

  /** For each level, where in a row its last coordinate is. */
  int[] lastOfVector() {
    return lastOfVector;
  }

  /** For each level, where in a row the last float of its state is. */
  int[] lastOfState() {
    return lastOfState;
  }

  int count() {
    return slabs.length;
  }

  Slab get(int level) {
    return slabs[level];
  }

  /** The slab of a dimension. */
  Slab of(int dimension) {
    int level = level(dimension);
    if (level >= slabs.length || dimension(level) != dimension) {
      throw new IllegalArgumentException(
          Check.message(
              "dimension", dimension, "0 or a power of two up to " + dimension(slabs.length - 1)));
    }
    return slabs[level];
  }

  /** Memory in use. */
  long bytes() {
    long bytes = 0;
    for (Slab slab : slabs) {
      bytes += slab.bytes();
    }
    return bytes;
  }

  /** Memory that could be given back with all rows kept. */
  long spareBytes() {
    long bytes = 0;
    for (Slab slab : slabs) {
      bytes += slab.spareBytes();
    }
    return bytes;
  }

  void freeMemory() {
    for (Slab slab : slabs) {
      slab.freeMemory();
    }
  }
}
