/**
 * Reads configuration into records: one YAML file, VARVE_* variables, key=value settings. Knows
 * nothing of what is configured.
 *
 * <p>A package that can be configured owns a record with {@link dev.varve.base.Doc} on each
 * component, rules in the constructor and a static {@code defaults()}. The command line joins these
 * records in one and reads it with {@link dev.varve.config.ConfigReader}, where reading this
 * package begins: sources write into a {@code Draft}, a {@code Schema} knows the keys, a {@code
 * RuleCheck} builds the records. Everything wrong is reported at once, in a {@link
 * dev.varve.config.ConfigException}. Used by one thread, once, at the start.
 */
@NullMarked
package dev.varve.config;

import org.jspecify.annotations.NullMarked;
