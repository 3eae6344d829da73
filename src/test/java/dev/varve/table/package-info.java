/** Tests of rows and their cache. */
@NullMarked
package dev.varve.table;

import org.jspecify.annotations.NullMarked;
