/**
 * The Kafka that Varve works on: a broker embedded in this process, or one that is there already,
 * and the topics on it. Begin with {@link dev.varve.broker.KafkaConfig}.
 */
@NullMarked
package dev.varve.broker;

import org.jspecify.annotations.NullMarked;
