package dev.varve.store;

/**
 * Size of one table over the shards of this process.
 *
 * @param rows admitted categories
 * @param occurrences occurrences counted since the table began, each exactly once
 * @param bytes keys and values of the rows as they are stored
 * @param parameters learned floats: linear weights and vectors
 */
public record TableSummary(long rows, long occurrences, long bytes, long parameters) {
  public TableSummary plus(TableSummary other) {
    return new TableSummary(
        rows + other.rows,
        occurrences + other.occurrences,
        bytes + other.bytes,
        parameters + other.parameters);
  }
}
