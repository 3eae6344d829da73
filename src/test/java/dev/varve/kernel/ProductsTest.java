package dev.varve.kernel;

import static dev.varve.testing.Cases.forAll;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.varve.kernel.Products.Factor;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/** SIMD gives the bits of the scalar products; OpenBLAS, where it is, the same but for rounding. */
class ProductsTest {
  private final Products scalar = new ScalarProducts();

  private static float[] floats(RandomGenerator random, int n) {
    float[] floats = new float[n];
    for (int i = 0; i < n; i++) {
      floats[i] = (float) random.nextGaussian();
    }
    return floats;
  }

  /** Two factors, each as it is or transposed, and what may be there already. */
  private static final class Case {
    final Factor a;
    final Factor b;
    final float[] c;
    final boolean adds;

    Case(RandomGenerator random, int most) {
      int m = random.nextInt(1, most);
      int k = random.nextInt(1, most);
      int n = random.nextInt(1, most);
      a = new Factor(floats(random, m * k), m, k, random.nextBoolean());
      b = new Factor(floats(random, k * n), k, n, random.nextBoolean());
      c = floats(random, m * n + 5);
      adds = random.nextBoolean();
    }

    float[] by(Products products) {
      float[] product = c.clone();
      products.multiply(a, b, product, adds);
      return product;
    }
  }

  @Test
  void aProductIsTheSumOfProductsOfRowsAndColumns() {
    float[] a = {1, 2, 3, 4, 5, 6};
    float[] b = {1, 10, 100, 1_000, 10_000, 100_000};
    float[] c = {0.5f, 0, 0, 0.25f};

    scalar.multiply(Factor.of(a, 2, 3), Factor.of(b, 3, 2), c, true);
    assertThat(c).containsExactly(30_201.5f, 302_010, 60_504, 605_040.25f);

    scalar.multiply(Factor.transposed(a, 2, 3), Factor.of(b, 3, 2), c, false);
    assertThat(c).containsExactly(50_301, 503_010, 60_402, 604_020);

    scalar.multiply(Factor.of(a, 2, 3), Factor.transposed(b, 3, 2), c, false);
    assertThat(c).containsExactly(321, 321_000, 654, 654_000);
  }

  @Test
  void simdGivesTheSameBits() {
    forAll(
        500,
        random -> {
          var product = new Case(random, 90);
          assertThat(product.by(new SimdProducts())).isEqualTo(product.by(scalar));
        });
  }

  @Test
  void whatThisMachineMultipliesWithGivesTheSameButForRounding() {
    forAll(
        300,
        random -> {
          var product = new Case(random, 200);
          float[] expected = product.by(scalar);
          float[] actual = product.by(Products.PRODUCTS);
          double magnitude = 1 + product.a.columns();
          for (int i = 0; i < expected.length; i++) {
            assertThat((double) actual[i]).isCloseTo(expected[i], within(1e-6 * magnitude));
          }
          // Whoever predicts the same batch twice on one machine predicts the same.
          assertThat(product.by(Products.PRODUCTS)).isEqualTo(actual);
        });
  }
}
