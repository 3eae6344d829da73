/** Tests of the commands, as a user runs them. */
@NullMarked
package dev.varve.cli;

import org.jspecify.annotations.NullMarked;
