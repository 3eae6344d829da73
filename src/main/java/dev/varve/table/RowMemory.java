package dev.varve.table;

import java.util.ArrayList;
import java.util.List;

/**
 * What the rows in memory take.
 *
 * @param blocks by rising dimension; those without memory are left out
 * @param indexBytes of the index
 * @param capacityBytes the bound for all of it
 */
public record RowMemory(List<BlockMemory> blocks, long indexBytes, long capacityBytes) {
  /**
   * One slab.
   *
   * @param rows rows in memory
   * @param bytes memory in use, whole pages
   * @param rowBytes bytes of one row
   */
  public record BlockMemory(int dimension, long rows, long bytes, int rowBytes) {}

  public RowMemory {
    blocks = List.copyOf(blocks);
  }

  static RowMemory of(Slabs slabs, int[] rows, long indexBytes, long capacityBytes) {
    List<BlockMemory> blocks = new ArrayList<>();
    for (int level = 0; level < slabs.count(); level++) {
      Slab slab = slabs.get(level);
      if (slab.bytes() > 0) {
        blocks.add(new BlockMemory(slab.dimension(), rows[level], slab.bytes(), slab.stride()));
      }
    }
    return new RowMemory(blocks, indexBytes, capacityBytes);
  }

  /** Memory in use. */
  public long bytes() {
    return indexBytes + blocks.stream().mapToLong(BlockMemory::bytes).sum();
  }

  /** Rows in memory. */
  public long rows() {
    return blocks.stream().mapToLong(BlockMemory::rows).sum();
  }
}
