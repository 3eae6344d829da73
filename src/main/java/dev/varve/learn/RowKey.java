package dev.varve.learn;

/**
 * Names a row within a process.
 *
 * @param feature index of the feature whose table it is
 * @param category the category's 64-bit key
 */
record RowKey(int feature, long category) {
  @Override
  public int hashCode() {
    // Category keys are hashes already.
    return (int) (category ^ (category >>> 32)) + feature * 0x9E3779B9;
  }
}
