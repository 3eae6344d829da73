/** Tests of reading configuration. */
@NullMarked
package dev.varve.config;

import org.jspecify.annotations.NullMarked;
