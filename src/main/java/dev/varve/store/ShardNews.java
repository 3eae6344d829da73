package dev.varve.store;

import java.util.SortedMap;

/**
 * What a shard says of itself to other instances.
 *
 * @param isCopy whether it is of a copy, as of the last commit that it has read
 * @param tables sizes by name; none of a copy
 */
public record ShardNews(
    int shard, boolean isCopy, ShardProgress progress, SortedMap<String, TableSummary> tables) {}
