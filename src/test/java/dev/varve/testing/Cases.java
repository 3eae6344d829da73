package dev.varve.testing;

import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/** Seeded property tests: a failure names the seed that repeats it. */
public final class Cases {
  private Cases() {}

  /** One case of a property. */
  @FunctionalInterface
  public interface Property {
    void check(RandomGenerator random) throws Exception;
  }

  /** Checks the property with the seeds 0 to n - 1. */
  public static void forAll(int n, Property property) {
    for (long seed = 0; seed < n; seed++) {
      forSeed(seed, property);
    }
  }

  /** Repeats one case. */
  public static void forSeed(long seed, Property property) {
    try {
      property.check(RandomGeneratorFactory.of("L64X128MixRandom").create(seed));
    } catch (Exception | AssertionError e) {
      throw new AssertionError("property fails with seed " + seed + ": " + e.getMessage(), e);
    }
  }
}
