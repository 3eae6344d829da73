/**
 * What is closest to the machine: memory off the heap, and arithmetic on vectors of floats with
 * SIMD instructions and a scalar twin that defines the result.
 *
 * <p>Raw addresses are handled here and in {@code table}, nowhere else; the Vector API here only.
 * Begin with {@link dev.varve.kernel.Kernels}.
 */
@NullMarked
package dev.varve.kernel;

import org.jspecify.annotations.NullMarked;
