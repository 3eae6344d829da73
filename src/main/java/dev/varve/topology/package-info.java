/**
 * The two Kafka Streams applications: {@link dev.varve.topology.LearnTopology} (train) and {@link
 * dev.varve.topology.StoreTopology} (table, dense, balance). Processors are thin: they decode, call
 * {@code learn} and {@code store}, and forward.
 *
 * <p>A processor, and the state it is connected to, belongs to one stream thread at a time.
 */
@NullMarked
package dev.varve.topology;

import org.jspecify.annotations.NullMarked;
