package dev.varve.event;

import java.util.Map;

public record FeaturesConfig(int max, boolean closed, Map<String, FeatureKind> declared) {
  public static FeaturesConfig defaults() {
    return new FeaturesConfig(256, false, Map.of());
  }
}
