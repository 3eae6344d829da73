package dev.varve.layout;

import static dev.varve.testing.Cases.forAll;
import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.layout.Populace.Row;
import dev.varve.schema.Block;
import dev.varve.schema.Layout;
import dev.varve.table.Popularity;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** The census' count of what shards do to rows is what they do, row by row. */
class CutsTest {
  private static final List<Integer> LEVELS = List.of(1, 2, 4, 8, 16);

  @Test
  void rowsAreCountedAsTheRuleOfAShardMovesThemAlsoUnderLowerThresholds() {
    long[] kept = {0};
    forAll(
        300,
        random -> {
          Populace populace = Populace.random(random, LEVELS);
          var layout = Layout.newBuilder().setHysteresis(Cuts.wholeBins(random.nextDouble(0, 0.4)));
          List<Integer> edges = new ArrayList<>();
          random.ints(8, -40, 200).distinct().sorted().forEach(edges::add);
          double watermark = Math.rint(Populace.SCALE.coordinate(1));
          for (int i = 0; i < LEVELS.size() && i < edges.size(); i++) {
            if (random.nextInt(4) > 0) {
              double threshold = Populace.SCALE.popularity(watermark + edges.get(i));
              layout.addDefaultBlocks(
                  Block.newBuilder().setDimension(LEVELS.get(i)).setThreshold(threshold));
            }
          }
          int lowered = random.nextBoolean() ? 0 : random.nextInt(60);
          double factor = Popularity.factor((double) -lowered / Scale.BINS_PER_DOUBLING);
          TableRule rule = TableRule.of(layout.build(), "t0", factor);
          Map<Integer, Long> expected = new TreeMap<>();
          for (Row row : populace.rows) {
            if (row.table().equals("t0")) {
              // Where it stands in its bin does not matter: thresholds lie on edges.
              double popularity = Populace.SCALE.popularity(row.bin() + 0.5);
              int to = rule.unpinned(row.dimension(), popularity);
              expected.merge(to, 1L, Long::sum);
              kept[0] += to == row.dimension() && to > 0 ? 1 : 0;
            }
          }

          Map<Integer, Double> counted = new TreeMap<>();
          CensusView view = populace.merge().view(Populace.HALF_LIFE_MS);
          Cuts cuts =
              Cuts.of(layout.getDefaultBlocksList(), layout.getHysteresis(), view.scale())
                  .lowered(lowered);
          view.tables().stream()
              .filter(table -> table.table().equals("t0"))
              .forEach(
                  table ->
                      cuts.visit(table, (_, to, rows, _) -> counted.merge(to, rows, Double::sum)));

          assertThat(counted.keySet()).isEqualTo(expected.keySet());
          counted.forEach((to, rows) -> assertThat(Math.round(rows)).isEqualTo(expected.get(to)));
        });
    assertThat(kept[0]).as("rows that stay").isGreaterThan(10_000);
  }
}
