package dev.varve.config;

/**
 * One key as it is in effect. Secrets in it are masked: it is there to be shown.
 *
 * @param key full, such as {@code train.batch-size}
 * @param value in the form that a file or {@code --set} takes
 * @param origin {@code default}, {@code file PATH}, {@code environment VARVE_X} or {@code --set};
 *     several, with commas, for a map put together from several sources
 * @param defaultValue what it is when nobody sets it
 * @param doc what it means
 */
public record Setting(String key, String value, String origin, String defaultValue, String doc) {}
