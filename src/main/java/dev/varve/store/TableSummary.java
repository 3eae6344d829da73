package dev.varve.store;

import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Size of one table over the shards of this process.
 *
 * @param rows categories that have a row
 * @param occurrences occurrences counted since the table began, each exactly once
 * @param bytes keys and values of the rows and traces as they are stored
 * @param parameters learned floats: linear weights and vectors
 * @param rowsByDimension the rows by the dimension of their block
 * @param traces categories that had a row once, of which only the popularity is left
 * @param admitted how often a category was given a row
 * @param expired how often one lost it
 */
public record TableSummary(
    long rows,
    long occurrences,
    long bytes,
    long parameters,
    SortedMap<Integer, Long> rowsByDimension,
    long traces,
    long admitted,
    long expired) {
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
        byDimension,
        traces + other.traces,
        admitted + other.admitted,
        expired + other.expired);
  }
}
