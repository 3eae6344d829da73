/** The few things every package needs: checks that explain themselves, names, hashes, units. */
@NullMarked
package dev.varve.base;

import org.jspecify.annotations.NullMarked;
