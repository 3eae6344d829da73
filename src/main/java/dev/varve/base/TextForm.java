package dev.varve.base;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * A class whose values have a text form, so that a configuration key can have one. It has a static
 * method {@code parse(String)}, which throws IllegalArgumentException for other texts, and its
 * {@code toString} gives a text that {@code parse} takes.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.TYPE)
public @interface TextForm {
  /** What texts it takes, for the message that refuses others. */
  String value();
}
