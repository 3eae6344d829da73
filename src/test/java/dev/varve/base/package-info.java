/** Tests of what every package needs. */
@NullMarked
package dev.varve.base;

import org.jspecify.annotations.NullMarked;
