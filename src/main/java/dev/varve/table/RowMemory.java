package dev.varve.table;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/**
 * What the rows in memory take.
 *
 * @param blocks by rising dimension; those without memory are left out
 * @param indexBytes of the index
 * @param capacityBytes the bound for all of it
 */
public record RowMemory(List<BlockMemory> blocks, long indexBytes, long capacityBytes) {
  /** Of no shard. */
  public static final RowMemory NONE = new RowMemory(List.of(), 0, 0);

  /**
   * One slab.
   *
   * @param rows rows in memory
   * @param bytes memory in use, whole pages
   * @param rowBytes bytes of one row
   */
  public record BlockMemory(int dimension, long rows, long bytes, int rowBytes) {
    BlockMemory plus(BlockMemory other) {
      return new BlockMemory(dimension, rows + other.rows, bytes + other.bytes, rowBytes);
    }
  }

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

  /** The memory of both, as of two shards. */
  public RowMemory plus(RowMemory other) {
    TreeMap<Integer, BlockMemory> merged = new TreeMap<>();
    for (BlockMemory block : blocks) {
      merged.put(block.dimension(), block);
    }
    for (BlockMemory block : other.blocks) {
      merged.merge(block.dimension(), block, BlockMemory::plus);
    }
    return new RowMemory(
        List.copyOf(merged.values()),
        indexBytes + other.indexBytes,
        capacityBytes + other.capacityBytes);
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
