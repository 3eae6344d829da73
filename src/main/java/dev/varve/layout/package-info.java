/**
 * Which dimension a row has at which popularity: the census that this is decided by, the budget,
 * the allocators that share it out, and the state machine of plans and commands. Pure: no Kafka, no
 * rows, no clock but that of the records.
 *
 * <p>Begin reading at {@link dev.varve.layout.Balance}, which {@code topology} calls on the thread
 * of the balance part. A {@code Planner} asks a {@code Solver} for the layout that fits; its {@code
 * Cuts} are the rule by which shards give rows their dimension.
 */
@NullMarked
package dev.varve.layout;

import org.jspecify.annotations.NullMarked;
