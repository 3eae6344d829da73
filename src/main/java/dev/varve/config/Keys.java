package dev.varve.config;

import java.util.Locale;

/** One name in its three forms: {@code batchSize}, {@code batch-size}, {@code BATCH_SIZE}. */
final class Keys {
  static final String ENVIRONMENT_PREFIX = "VARVE_";

  private Keys() {}

  /** {@code batchSize} as {@code batch-size}. */
  static String kebab(String camelCase) {
    return camelCase.replaceAll("([a-z0-9])([A-Z])", "$1-$2").toLowerCase(Locale.ROOT);
  }

  /** {@code train} and {@code batch-size} as {@code train.batch-size}. */
  static String join(String section, String name) {
    return section.isEmpty() ? name : section + "." + name;
  }

  /** {@code train.batch-size} as {@code VARVE_TRAIN_BATCH_SIZE}. */
  static String variable(String key) {
    return ENVIRONMENT_PREFIX + key.replace('.', '_').replace('-', '_').toUpperCase(Locale.ROOT);
  }

  /** An enum constant as text: {@code CATEGORICAL} as {@code categorical}. */
  static String kebab(Enum<?> constant) {
    return constant.name().replace('_', '-').toLowerCase(Locale.ROOT);
  }
}
