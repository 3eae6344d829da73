@NullMarked
package dev.varve.layout;

import org.jspecify.annotations.NullMarked;
