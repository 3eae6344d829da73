package dev.varve.learn;

public record ModelConfig(int dimension, Head head, long seed) {
  public enum Head {
    FM
  }

  public static ModelConfig defaults() {
    return new ModelConfig(16, Head.FM, 1);
  }
}
