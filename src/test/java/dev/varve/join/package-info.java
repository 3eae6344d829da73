/** Tests of the joiner. */
@NullMarked
package dev.varve.join;

import org.jspecify.annotations.NullMarked;
