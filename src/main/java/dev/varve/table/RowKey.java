package dev.varve.table;

/**
 * Names a row within a shard.
 *
 * @param table the shard's number for the table, 0 to 65534
 * @param category the category's 64-bit key
 */
public record RowKey(int table, long category) {
  @Override
  public int hashCode() {
    // Category keys are hashes already.
    return (int) (category ^ (category >>> 32)) + table * 0x9E3779B9;
  }
}
