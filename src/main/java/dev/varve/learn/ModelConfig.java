package dev.varve.learn;

import dev.varve.base.Check;
import dev.varve.base.Doc;
import java.util.List;

/** What is learned; the components are the keys of the section {@code model}. */
public record ModelConfig(
    @Doc("Width of every served vector: 1, 2, 4, 8, 16, 32, 64 or 128; fixed once there is data.")
        int dimension,
    @Doc(
            "How vectors become a prediction: fm, a factorization machine; dlrm, products of"
                + " vectors and numerical features through perceptrons; linear, the linear weights"
                + " alone, to compare with.")
        HeadKind head,
    @Doc("Widths of dlrm's hidden layers for numerical features, each from 1 to 4096.")
        List<Integer> bottom,
    @Doc("Widths of dlrm's hidden layers for products of vectors, each from 1 to 4096.")
        List<Integer> top,
    @Doc(
            "What rows of fewer dimensions are served through: learned, a basis for each table that"
                + " begins as the identity; identity, zeros behind what they have.")
        BasisKind basis,
    @Doc("Seed from which a new row's coordinates are drawn.") long seed) {
  /** What a block of parameters takes beside its weights, names of usual length. */
  private static final int NAME_BYTES = 64;

  /** How vectors become a prediction. */
  public enum HeadKind {
    /** Factorization machine: linear weights and all pairwise dot products. */
    FM,
    /** Deep learning recommendation model: pairwise dot products through a perceptron. */
    DLRM,
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
    bottom = List.copyOf(bottom);
    top = List.copyOf(top);
    requireWidths("bottom", bottom);
    requireWidths("top", top);
  }

  private static void requireWidths(String name, List<Integer> widths) {
    Check.that(
        widths.stream().allMatch(width -> width >= 1 && width <= 4096),
        name,
        widths,
        "widths from 1 to 4096");
  }

  /**
   * The most bytes that a version of the dense model takes with the head dlrm.
   *
   * @param features that there may be, of either kind
   */
  public long dlrmBytes(long features) {
    long pairs = (features + 1) * features / 2;
    long weights = features * (dimension * (dimension + 1) + 1);
    weights += (pairs + dimension) * Mlp.first(top, 1) + Mlp.behindFirst(top, 1);
    weights += features * Mlp.first(bottom, dimension) + Mlp.behindFirst(bottom, dimension);
    return 2 * Float.BYTES * weights + NAME_BYTES * (pairs + 3 * features);
  }

  public static ModelConfig defaults() {
    return new ModelConfig(16, HeadKind.FM, List.of(64), List.of(32, 32), BasisKind.LEARNED, 1);
  }
}
