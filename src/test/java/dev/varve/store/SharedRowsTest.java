package dev.varve.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.varve.layout.TableRule;
import dev.varve.learn.Gradient;
import dev.varve.learn.Optimizer;
import dev.varve.learn.OptimizerConfig;
import dev.varve.learn.OptimizerKind;
import dev.varve.schema.Block;
import dev.varve.schema.Layout;
import dev.varve.schema.Tail;
import dev.varve.schema.TailEncoding;
import dev.varve.testing.Cases;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SharedRowsTest {
  private static final int D = 4;
  private static final int ROWS = 64;
  private static final int LENGTH = 2 * (1 + D);
  private static final int ID = 7;
  private static final Optimizer OPTIMIZER =
      Optimizer.of(
          new OptimizerConfig(
              OptimizerKind.ADAGRAD, 0.04, 0.1, 0.02, 0.01, 0.1, 0.01, 0, 100, 0, 0, 1),
          5);

  private static Layout.Builder layout(TailEncoding encoding) {
    return Layout.newBuilder()
        .setTail(Tail.newBuilder().setEncoding(encoding).setDimension(D).setRows(ROWS))
        .addDefaultBlocks(Block.newBuilder().setDimension(8).setThreshold(2));
  }

  private static SharedRows shared(TailEncoding encoding) {
    Layout layout = layout(encoding).build();
    List<ShardTable> tables =
        List.of(
            new ShardTable(0, "user", 8, TableRule.of(layout, "user")),
            new ShardTable(1, "item", 8, TableRule.of(layout, "item")));
    return SharedRows.of(layout, ID, tables, OPTIMIZER);
  }

  @ParameterizedTest
  @EnumSource(names = {"HASH", "QR"})
  void aCategorySharesOneRowOfEachPartOfItsTable(TailEncoding encoding) {
    SharedRows shared = shared(encoding);
    int ofPart = ROWS / shared.parts();
    int[][] counts = new int[shared.parts()][ROWS];
    int categories = 1_000 * ofPart;
    for (long category = 0; category < categories; category++) {
      for (int part = 0; part < shared.parts(); part++) {
        long row = shared.row(1, category, part);
        assertThat(row >>> Integer.SIZE).isEqualTo(1);
        counts[part][(int) row]++;
        assertThat(shared.row(0, category, part)).isEqualTo(row - SharedRows.first(1));
      }
    }
    for (int part = 0; part < shared.parts(); part++) {
      for (int bucket = 0; bucket < ROWS; bucket++) {
        if (bucket / ofPart == part) {
          // Six standard deviations of a Poisson count of 1,000.
          assertThat(counts[part][bucket]).isBetween(810, 1_190);
        } else {
          assertThat(counts[part][bucket]).isZero();
        }
      }
    }
  }

  /** Two categories that share one row share the other no more often than any two. */
  @Test
  void quotientAndRemainderAreIndependent() {
    SharedRows shared = shared(TailEncoding.QR);
    int same = 0;
    int both = 0;
    for (long category = 1; category <= 200_000; category++) {
      if (shared.row(0, category, 0) == shared.row(0, 0, 0)) {
        same++;
        both += shared.row(0, category, 1) == shared.row(0, 0, 1) ? 1 : 0;
      }
    }
    assertThat((double) both / same).isCloseTo(2.0 / ROWS, within(0.015));
  }

  @Test
  void whatIsMultipliedWithBeginsAsOnesAndAllElseAsNewRows() {
    SharedRows shared = shared(TailEncoding.QR);
    float[] quotient = shared.initial(shared.row(1, 5, 0));
    float[] remainder = shared.initial(shared.row(1, 5, 1));

    assertThat(quotient).isEqualTo(OPTIMIZER.initial("", shared.row(1, 5, 0), D));
    assertThat(remainder).containsExactly(0, 1, 1, 1, 1, 0, 0, 0, 0, 0);
    long row = shared(TailEncoding.HASH).row(1, 5, 0);
    assertThat(shared(TailEncoding.HASH).initial(row)).isEqualTo(OPTIMIZER.initial("", row, D));
  }

  private static float[] random(RandomGenerator random, int n) {
    float[] floats = new float[n];
    for (int i = 0; i < n; i++) {
      floats[i] = (float) random.nextGaussian();
    }
    return floats;
  }

  /** The derivative of any linear function of what is served, by each float of the shared rows. */
  @ParameterizedTest
  @EnumSource(names = {"HASH", "QR"})
  void gradientsAreTheDerivativesOfWhatIsServed(TailEncoding encoding) {
    SharedRows shared = shared(encoding);
    Cases.forAll(
        50,
        random -> {
          float[] states = random(random, shared.parts() * LENGTH);
          float[] gradient = random(random, Gradient.length(D));
          gradient[2 + D] = Math.abs(gradient[2 + D]);
          float[] gradients = new float[shared.parts() * Gradient.length(D)];

          shared.gradients(gradient, states, LENGTH, gradients);

          for (int part = 0; part < shared.parts(); part++) {
            double norm = 0;
            double all = 0;
            for (int k = 0; k <= D; k++) {
              double slope = slope(shared, states, part * LENGTH + k, gradient);
              float told = gradients[part * Gradient.length(D) + k];
              assertThat((double) told).isCloseTo(slope, within(1e-2));
              norm += k == 0 ? 0 : (double) told * told;
              all += k == 0 ? 0 : (double) gradient[k] * gradient[k];
            }
            int squares = part * Gradient.length(D) + 1 + D;
            assertThat(gradients[squares]).isEqualTo(gradient[1 + D]);
            assertThat((double) gradients[squares + 1])
                .isCloseTo(gradient[2 + D] * norm / all, within(1e-3));
          }
        });
  }

  private static double slope(SharedRows shared, float[] states, int at, float[] gradient) {
    float step = 1f / 64;
    float[] up = states.clone();
    float[] down = states.clone();
    up[at] += step;
    down[at] -= step;
    return (served(shared, up, gradient) - served(shared, down, gradient)) / (2 * step);
  }

  private static double served(SharedRows shared, float[] states, float[] gradient) {
    float[] composed = new float[LENGTH];
    shared.compose(states, 0, LENGTH, LENGTH, composed, 0);
    double sum = 0;
    for (int k = 0; k <= D; k++) {
      sum += (double) gradient[k] * composed[k];
    }
    return sum;
  }

  @Test
  void tablesWhoseCategoriesAllHaveRowsShareNone() {
    Layout layout =
        layout(TailEncoding.HASH)
            .clearDefaultBlocks()
            .addDefaultBlocks(Block.newBuilder().setDimension(1).setThreshold(0))
            .build();
    var user = new ShardTable(0, "user", 8, TableRule.of(layout, "user"));

    assertThat(SharedRows.of(layout, ID, List.of(user), OPTIMIZER).serves(0)).isFalse();
    assertThat(shared(TailEncoding.HASH).serves(0)).isTrue();
    assertThat(shared(TailEncoding.HASH).serves(2)).isFalse();
    assertThat(shared(TailEncoding.HASH).serves(-1)).isFalse();
    assertThat(SharedRows.NONE.serves(0)).isFalse();
  }
}
