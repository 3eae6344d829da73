package dev.varve.learn;

import dev.varve.base.Check;
import dev.varve.base.Doc;

/** What is learned; the components are the keys of the section {@code model}. */
public record ModelConfig(
    @Doc("Width of every served vector: 1, 2, 4, 8, 16, 32, 64 or 128; fixed once there is data.")
        int dimension,
    @Doc(
            "How vectors become a prediction: fm, a factorization machine; linear, the linear"
                + " weights alone, to compare with.")
        Head head,
    @Doc(
            "What rows of fewer dimensions are served through: learned, a basis for each table that"
                + " begins as the identity; identity, zeros behind what they have.")
        BasisKind basis,
    @Doc("Seed from which a new row's coordinates are drawn.") long seed) {
  /** How vectors become a prediction. */
  public enum Head {
    /** Factorization machine: linear weights and all pairwise dot products. */
    FM,
    /** Linear weights alone. */
    LINEAR
  }

  /** What rows of fewer dimensions are served through. */
  public enum BasisKind {
    /** One for each table, learned. */
    LEARNED,
    /** Zeros behind what a row has. */
    IDENTITY
  }

  public ModelConfig {
    Check.that(
        Integer.bitCount(dimension) == 1 && dimension >= 1 && dimension <= 128,
        "dimension",
        dimension,
        "one of 1, 2, 4, 8, 16, 32, 64, 128");
  }

  public static ModelConfig defaults() {
    return new ModelConfig(16, Head.FM, BasisKind.LEARNED, 1);
  }
}
