/**
 * Logs of events that users have lying around, read as examples: file formats, mappings, side
 * tables, sampled negatives; and a generator of logs whose truth is known.
 */
@NullMarked
package dev.varve.log;

import org.jspecify.annotations.NullMarked;
