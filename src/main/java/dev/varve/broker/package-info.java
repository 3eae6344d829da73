/** The Kafka side of a process: the embedded KRaft broker and the topics, made and described. */
@NullMarked
package dev.varve.broker;

import org.jspecify.annotations.NullMarked;
