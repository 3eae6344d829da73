/** Tests of the two applications without a broker. */
@NullMarked
package dev.varve.topology;

import org.jspecify.annotations.NullMarked;
