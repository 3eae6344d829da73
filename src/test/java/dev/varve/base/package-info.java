/** Tests of units, checks and seeds. */
@NullMarked
package dev.varve.base;

import org.jspecify.annotations.NullMarked;
