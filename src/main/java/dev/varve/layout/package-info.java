/**
 * Which dimension a row has at which popularity, and the census that this is decided by. Pure: no
 * Kafka, no rows.
 */
@NullMarked
package dev.varve.layout;

import org.jspecify.annotations.NullMarked;
