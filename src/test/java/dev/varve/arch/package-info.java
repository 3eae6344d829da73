/** Holds the package map. */
@NullMarked
package dev.varve.arch;

import org.jspecify.annotations.NullMarked;
