/** Tests of serving, over real sockets where a transport matters. */
@NullMarked
package dev.varve.serve;

import org.jspecify.annotations.NullMarked;
