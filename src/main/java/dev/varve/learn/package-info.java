/**
 * Learning, without Kafka: the head that turns rows into a probability and gradients, the
 * optimizer, a trainer's micro-batch, what trainers have sent that the tables have not applied yet,
 * the dense model's replica, progressive validation. Begin with {@link dev.varve.learn.Trainer}.
 */
@NullMarked
package dev.varve.learn;

import org.jspecify.annotations.NullMarked;
