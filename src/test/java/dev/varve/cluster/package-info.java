/** Tests of how instances reach each other. */
@NullMarked
package dev.varve.cluster;

import org.jspecify.annotations.NullMarked;
