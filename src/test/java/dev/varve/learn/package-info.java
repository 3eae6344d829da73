@NullMarked
package dev.varve.learn;

import org.jspecify.annotations.NullMarked;
