/** Tests of what feeds a running Varve. */
@NullMarked
package dev.varve.feed;

import org.jspecify.annotations.NullMarked;
