/**
 * Impressions and clicks become labelled examples, in event time, whatever order they come in.
 * Begin with {@link dev.varve.join.Joiner}.
 */
@NullMarked
package dev.varve.join;

import org.jspecify.annotations.NullMarked;
