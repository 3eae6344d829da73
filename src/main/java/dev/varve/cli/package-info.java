/**
 * The commands, and the only place where all parts meet: everything is put together here by hand
 * and passed down through constructors. Begin with {@link dev.varve.cli.Main}.
 */
@NullMarked
package dev.varve.cli;

import org.jspecify.annotations.NullMarked;
