package dev.varve.log;

import java.util.random.RandomGenerator;

/** Which category of a feature holds which rank of popularity; drift deals ranks anew. */
final class Popularity {
  private final ZipfSampler ranks;
  private final int[] categories;

  /** The category of every rank is drawn at random. */
  Popularity(int cardinality, double zipf, RandomGenerator random) {
    ranks = new ZipfSampler(cardinality, zipf);
    categories = new int[cardinality];
    for (int i = 0; i < cardinality; i++) {
      categories[i] = i;
    }
    shuffle(categories, cardinality, random);
  }

  /** A category, from 0. */
  int draw(RandomGenerator random) {
    return categories[ranks.draw(random) - 1];
  }

  /** Chooses each rank with this probability and shuffles the categories of the chosen. */
  void drift(double share, RandomGenerator random) {
    int[] chosen = new int[categories.length];
    int n = 0;
    for (int rank = 0; rank < categories.length; rank++) {
      if (random.nextDouble() < share) {
        chosen[n++] = rank;
      }
    }
    int[] dealt = new int[n];
    for (int i = 0; i < n; i++) {
      dealt[i] = categories[chosen[i]];
    }
    shuffle(dealt, n, random);
    for (int i = 0; i < n; i++) {
      categories[chosen[i]] = dealt[i];
    }
  }

  private static void shuffle(int[] values, int n, RandomGenerator random) {
    for (int i = n - 1; i > 0; i--) {
      int j = random.nextInt(i + 1);
      int value = values[i];
      values[i] = values[j];
      values[j] = value;
    }
  }
}
