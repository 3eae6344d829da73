/**
 * Logs of events that users have lying around, read as examples: file formats, mappings, side
 * tables, sampled negatives; and a generator of logs whose truth is known. Pure: no Kafka, one
 * thread reads a log. Begin with {@link dev.varve.log.Mapping} for what can be read, and {@link
 * dev.varve.log.LogReader} for how: {@code Lines} become {@code Rows}, a {@code Binder} ties the
 * mapping's names to their columns once, a {@code RowMapper} makes the examples.
 */
@NullMarked
package dev.varve.log;

import org.jspecify.annotations.NullMarked;
