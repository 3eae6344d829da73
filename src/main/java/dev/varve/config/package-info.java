/**
 * Reads configuration into records: one YAML file, VARVE_* variables, key=value settings. Knows
 * nothing of what is configured.
 */
@NullMarked
package dev.varve.config;

import org.jspecify.annotations.NullMarked;
