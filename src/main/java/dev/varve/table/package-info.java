/**
 * Rows: what is kept for a category, its bytes, and the rows that are in memory. One writer per
 * shard, any number of readers. Begin with {@link dev.varve.table.Row}.
 */
@NullMarked
package dev.varve.table;

import org.jspecify.annotations.NullMarked;
