@NullMarked
package dev.varve.event;

import org.jspecify.annotations.NullMarked;
