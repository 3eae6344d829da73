@NullMarked
package dev.varve.table;

import org.jspecify.annotations.NullMarked;
