/** Tests of layouts and the census. */
@NullMarked
package dev.varve.layout;

import org.jspecify.annotations.NullMarked;
