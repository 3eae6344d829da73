/**
 * Feeds a running Varve from outside: sends examples, and waits until they are learned. Used by the
 * command line; talks to Kafka only.
 */
@NullMarked
package dev.varve.feed;

import org.jspecify.annotations.NullMarked;
