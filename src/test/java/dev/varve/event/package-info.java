/** Tests of decoding and refusing events. */
@NullMarked
package dev.varve.event;

import org.jspecify.annotations.NullMarked;
