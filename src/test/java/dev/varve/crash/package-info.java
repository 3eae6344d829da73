/**
 * The crash proof: the application store is fed a log of update batches, killed with {@code kill
 * -9} again and again, and then what it stored is compared with an independent fold of that log.
 * Begin with {@link dev.varve.crash.CrashIT}.
 */
@NullMarked
package dev.varve.crash;

import org.jspecify.annotations.NullMarked;
