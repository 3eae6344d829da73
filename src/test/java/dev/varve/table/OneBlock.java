package dev.varve.table;

/** A table whose rows stay where they are; those of all dimensions are counted together. */
final class OneBlock implements RowUpdates.Table {
  final PopularityBins bins = new PopularityBins();

  @Override
  public PopularityBins bins(int dimension) {
    return bins;
  }

  @Override
  public boolean stays(int dimension, double popularity) {
    return true;
  }
}
