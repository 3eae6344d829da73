/** Tests of reading, mapping and generating logs. */
@NullMarked
package dev.varve.log;

import org.jspecify.annotations.NullMarked;
