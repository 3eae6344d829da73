/** Tests of the kernels: SIMD against scalar. */
@NullMarked
package dev.varve.kernel;

import org.jspecify.annotations.NullMarked;
