/**
 * Feeds a running Varve from outside: sends examples and commands, and waits until they are learned
 * or answered. Used by the command line and its server; talks to Kafka only.
 */
@NullMarked
package dev.varve.feed;

import org.jspecify.annotations.NullMarked;
