package dev.varve.layout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.varve.schema.TableCensus;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class AllocatorTest {
  private static final Offset<Double> CLOSE = within(1e-9);
  private static final RowCost PARAMETERS = RowCost.parameters(4);

  private static TableCensus energies(long rows, double... energy) {
    var table = TableCensus.newBuilder().setTable("t");
    for (double e : energy) {
      table.addEnergy(e).addEnergyRows(rows);
    }
    return table.build();
  }

  private static Spectrum spectrum(double... energy) {
    return spectrum(energies(10, energy), energy.length);
  }

  private static Spectrum spectrum(TableCensus table, int baseDimension) {
    return Objects.requireNonNull(Spectrum.of(List.of(table), baseDimension).get("t"));
  }

  @Test
  void thePowerRuleRoundsToTheGeometricallyNearestLevel() {
    double[] thresholds =
        new Allocator.Power(0.5).thresholds(0, new int[] {1, 2, 8}, PARAMETERS, spectrum(1, 1));

    // d = p^0.5: 1 from 1 / sqrt(2), 2 from sqrt(2), 8 from 4.
    assertThat(thresholds[0]).isCloseTo(0.5, CLOSE);
    assertThat(thresholds[1]).isCloseTo(2, CLOSE);
    assertThat(thresholds[2]).isCloseTo(16, CLOSE);
  }

  @Test
  void greedyStepsAtTheirCostByWorth() {
    double[] thresholds =
        new Allocator.Greedy()
            .thresholds(0, new int[] {1, 2, 4}, PARAMETERS, spectrum(8, 2, 0.5, 0.25));

    // Cost 2, 1, 2; worth 8, 2, 0.75.
    assertThat(thresholds).containsExactly(0.25, 0.5, 2 / 0.75);
  }

  @Test
  void greedyTakesAStepTogetherWithABetterOneBehindIt() {
    double[] thresholds =
        new Allocator.Greedy()
            .thresholds(0, new int[] {1, 2, 4}, PARAMETERS, spectrum(4, 3, 0.5, 0.25));

    // 2 for 4 is worse than 3 for 7.
    assertThat(thresholds).containsExactly(3.0 / 7, 3.0 / 7, 2 / 0.75);
  }

  @Test
  void aLeastDimensionIsWhereStepsBegin() {
    int[] levels = {2, 4};
    assertThat(new Allocator.Greedy().thresholds(1, levels, PARAMETERS, spectrum(8, 2, 1, 1)))
        .containsExactly(0.5, 1);
    assertThat(new Allocator.Power(1).thresholds(1, levels, PARAMETERS, spectrum(8, 2, 1, 1)))
        .containsExactly(Math.sqrt(2), Math.sqrt(8));
  }

  /** The best of all assignments of levels to rows, tried one by one, is not better. */
  @Test
  void greedyIsTheBestThatFits() throws OverBudgetException {
    int[] dimensions = {0, 1, 2, 4};
    var populace = new Populace();
    double[] popularity = {40, 21, 11, 6, 3.1, 1.6, 0.9};
    for (double p : popularity) {
      populace.rows.add(new Populace.Row("t", 0, p));
    }
    Spectrum spectrum = spectrum(1, 0.6, 0.3, 0.2);
    CensusMerge merge = populace.merge();
    for (long room = 2; room <= 35; room++) {
      var question =
          new Solver.Question(
              merge.view(Populace.HALF_LIFE_MS),
              Map.of("t", spectrum),
              Spectrum.unknown(4),
              new Allocator.Greedy(),
              PARAMETERS,
              new Bounds(List.of(1, 2, 4), 0, 0, Map.of(), Map.of()),
              16 + room,
              16,
              true);
      Cuts cuts = Objects.requireNonNull(new Solver(question).solve(Budget.NONE).tables().get("t"));
      double[] captured = {0};
      double[] used = {0};
      for (TableRows table : merge.view(Populace.HALF_LIFE_MS).tables()) {
        cuts.visit(table, (_, to, _, mass) -> captured[0] += mass * spectrum.upTo(to));
        used[0] = cuts.used(table, PARAMETERS);
      }
      // What a greedy answer may miss is the last step: the best with that much less room.
      double best = best(popularity, dimensions, spectrum, (long) used[0]);
      assertThat(captured[0]).isGreaterThanOrEqualTo(0.93 * best);
    }
  }

  private static double best(double[] popularity, int[] dimensions, Spectrum spectrum, long room) {
    List<Double> bests = new ArrayList<>();
    for (long r = 0; r <= room; r++) {
      bests.add(0.0);
    }
    for (double p : popularity) {
      for (int r = (int) room; r >= 0; r--) {
        double most = bests.get(r);
        for (int d : dimensions) {
          int left = (int) (r - PARAMETERS.row(d));
          if (left >= 0) {
            most = Math.max(most, bests.get(left) + p * spectrum.upTo(d));
          }
        }
        bests.set(r, most);
      }
    }
    return bests.getLast();
  }

  // -- spectrum

  @Test
  void aFallingSpectrumIsTakenAsMeasured() {
    Spectrum spectrum = spectrum(4, 3, 0.5, 0.25);

    assertThat(spectrum.upTo(0)).isZero();
    assertThat(spectrum.upTo(2)).isEqualTo(7);
    assertThat(spectrum.upTo(4)).isEqualTo(7.75);
  }

  @Test
  void aSpectrumThatDoesNotFallIsThePowerLawThatFitsIt() {
    Spectrum spectrum = spectrum(1, 0.2, 0.3, 0.1);
    assertThat(spectrum.upTo(2) - spectrum.upTo(1))
        .isGreaterThan(spectrum.upTo(3) - spectrum.upTo(2));

    // The missing coordinates of an exact power law are where it has them.
    TableCensus short2 = energies(5, 3, 3.0 / 4);
    Spectrum fitted = spectrum(short2, 4);
    assertThat(fitted.upTo(4)).isCloseTo(3 * (1 + 1.0 / 4 + 1.0 / 9 + 1.0 / 16), CLOSE);
  }

  @Test
  void withoutAMeasurementThePowerLawOfThePaperHolds() {
    Spectrum unknown = spectrum(energies(1), 2);

    assertThat(unknown.upTo(1)).isEqualTo(1);
    assertThat(unknown.upTo(2)).isCloseTo(1 + Math.pow(2, -4.0 / 3), CLOSE);
    assertThat(spectrum(energies(1, Double.NaN, -1), 2).upTo(2)).isCloseTo(unknown.upTo(2), CLOSE);
  }

  @Test
  void aTiltKeepsTheWholeWorth() {
    Spectrum steeper = Spectrum.unknown(16).tilted(1);

    assertThat(steeper.upTo(16)).isCloseTo(Spectrum.unknown(16).upTo(16), CLOSE);
    assertThat(steeper.upTo(1)).isGreaterThan(Spectrum.unknown(16).upTo(1));
  }
}
