/** Tests of what is measured with. */
@NullMarked
package dev.varve.bench;

import org.jspecify.annotations.NullMarked;
