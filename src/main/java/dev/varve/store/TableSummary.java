package dev.varve.store;

import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Size of one table over the shards of this process.
 *
 * @param rows admitted categories
 * @param occurrences occurrences counted since the table began, each exactly once
 * @param bytes keys and values of the rows as they are stored
 * @param parameters learned floats: linear weights and vectors
 * @param rowsByDimension the rows by the dimension of their block
 */
public record TableSummary(
    long rows,
    long occurrences,
    long bytes,
    long parameters,
    SortedMap<Integer, Long> rowsByDimension) {
  public TableSummary {
    rowsByDimension = Collections.unmodifiableSortedMap(new TreeMap<>(rowsByDimension));
  }

  public TableSummary plus(TableSummary other) {
    var byDimension = new TreeMap<>(rowsByDimension);
    other.rowsByDimension.forEach((d, count) -> byDimension.merge(d, count, Long::sum));
    return new TableSummary(
        rows + other.rows,
        occurrences + other.occurrences,
        bytes + other.bytes,
        parameters + other.parameters,
        byDimension);
  }
}
