/**
 * Learning without Kafka: the model that predicts a click, the gradients of a micro-batch, the
 * optimizer that applies them, and how well it goes. Called by one stream thread per task; begin
 * with {@link dev.varve.learn.ModelConfig}.
 */
@NullMarked
package dev.varve.learn;

import org.jspecify.annotations.NullMarked;
