/** The command line: one picocli class per command, and the wiring of everything else. */
@NullMarked
package dev.varve.cli;

import org.jspecify.annotations.NullMarked;
