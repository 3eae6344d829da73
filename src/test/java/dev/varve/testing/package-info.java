/** What several tests share. */
@NullMarked
package dev.varve.testing;

import org.jspecify.annotations.NullMarked;
