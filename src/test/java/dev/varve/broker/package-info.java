/** Tests of topics, dead letters and settings; the broker itself is started by other tests. */
@NullMarked
package dev.varve.broker;

import org.jspecify.annotations.NullMarked;
