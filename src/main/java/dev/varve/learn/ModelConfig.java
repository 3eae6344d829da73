package dev.varve.learn;

import dev.varve.base.Check;
import dev.varve.base.Doc;

/** What is learned; the components are the keys of the section {@code model}. */
public record ModelConfig(
    @Doc("Width of every served vector: 1, 2, 4, 8, 16, 32, 64 or 128; fixed once there is data.")
        int dimension,
    @Doc("How vectors become a prediction: fm, a factorization machine.") Head head,
    @Doc("Seed from which a new row's coordinates are drawn.") long seed) {
  /** How vectors become a prediction. */
  public enum Head {
    /** Factorization machine: linear weights and all pairwise dot products. */
    FM
  }

  public ModelConfig {
    Check.that(
        Integer.bitCount(dimension) == 1 && dimension >= 1 && dimension <= 128,
        "dimension",
        dimension,
        "one of 1, 2, 4, 8, 16, 32, 64, 128");
  }

  public static ModelConfig defaults() {
    return new ModelConfig(16, Head.FM, 1);
  }
}
