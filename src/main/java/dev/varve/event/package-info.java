/**
 * Events from outside: what a category is, how an example is decoded from protobuf or JSON, what is
 * refused and why. Pure: no Kafka, no state. Begin with {@link dev.varve.event.ExampleCodec}.
 */
@NullMarked
package dev.varve.event;

import org.jspecify.annotations.NullMarked;
