/** Tests of the embedding store: of a shard against a model, and of the store in Kafka Streams. */
@NullMarked
package dev.varve.store;

import org.jspecify.annotations.NullMarked;
