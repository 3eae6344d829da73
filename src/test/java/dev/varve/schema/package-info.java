/** Holds what the schemas promise to people and to other programs. */
@NullMarked
package dev.varve.schema;

import org.jspecify.annotations.NullMarked;
