package dev.varve.store;

import dev.varve.table.RowMemory;
import java.util.Map;
import java.util.SortedMap;

/**
 * What a shard says of itself: an immutable snapshot taken behind an update batch.
 *
 * @param applied per trainer, the end offset of its newest update batch that the rows contain
 * @param memory what its rows in memory take
 */
record ShardSummary(
    ShardProgress progress,
    Map<Integer, Long> applied,
    SortedMap<String, TableSummary> tables,
    RowMemory memory) {
  long examples() {
    return progress.examples();
  }
}
