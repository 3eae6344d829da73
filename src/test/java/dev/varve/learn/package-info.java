/** Tests of learning, without Kafka. */
@NullMarked
package dev.varve.learn;

import org.jspecify.annotations.NullMarked;
