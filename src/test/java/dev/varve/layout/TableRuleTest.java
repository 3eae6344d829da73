package dev.varve.layout;

import static dev.varve.testing.Cases.forAll;
import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.schema.Block;
import dev.varve.schema.Blocks;
import dev.varve.schema.Layout;
import dev.varve.schema.Pin;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TableRuleTest {
  private static final long ANY = 77;

  /** No row below 1, then dimensions 2, 4 and 16; margins of a quarter. */
  private static final Layout LAYOUT =
      Layout.newBuilder()
          .addDefaultBlocks(block(2, 1))
          .addDefaultBlocks(block(4, 8))
          .addDefaultBlocks(block(16, 100))
          .setHysteresis(0.25)
          .build();

  private final TableRule rule = TableRule.of(LAYOUT, "user");

  private static Block.Builder block(int dimension, double threshold) {
    return Block.newBuilder().setDimension(dimension).setThreshold(threshold);
  }

  @ParameterizedTest
  @CsvSource({
    // A category without a row goes where its popularity belongs.
    "0, 0, 0",
    "0, 0.999, 0",
    "0, 1, 2",
    "0, 7.999, 2",
    "0, 8, 4",
    "0, 100, 16",
    "0, 1e30, 16",
    // One with a row rises at the next threshold, and falls only behind the margin.
    "2, 1, 2",
    "2, 0.75, 2",
    "2, 0.7499, 0",
    "2, 7.999, 2",
    "2, 8, 4",
    "2, 100, 16",
    "4, 99.9, 4",
    "4, 8, 4",
    "4, 6, 4",
    "4, 5.999, 2",
    "4, 0.9, 0",
    "4, 100, 16",
    "16, 75, 16",
    "16, 74.99, 4",
    "16, 7.99, 2",
    "16, 0.999, 0",
    // In a block that is none any more it has no margin.
    "1, 1, 2",
    "1, 0.99, 0",
    "8, 100, 16",
    "8, 99, 4",
    "8, 7.99, 2"
  })
  void aRowGoesToTheBlockItHasEarnedOrStaysWithinTheMargin(
      int current, double popularity, int expected) {
    assertThat(rule.dimension(ANY, current, popularity)).isEqualTo(expected);
  }

  @Test
  void whatStaysIsWhatTheRuleLeavesWhereItIs() {
    forAll(
        2_000,
        random -> {
          int current = (1 << random.nextInt(6)) >> 1;
          double popularity = Math.exp(random.nextDouble() * 10 - 3);
          if (rule.stays(current, popularity)) {
            assertThat(rule.dimension(ANY, current, popularity)).isEqualTo(current);
          } else if (current > 0 && current != 1 && current != 8) {
            assertThat(rule.dimension(ANY, current, popularity)).isNotEqualTo(current);
          }
        });
    assertThat(rule.stays(4, 6)).isTrue();
    assertThat(rule.stays(4, 100)).isFalse();
  }

  @Test
  void aTableThatTheLayoutNamesHasItsOwnBlocks() {
    Layout named =
        LAYOUT.toBuilder()
            .putTables("item", Blocks.newBuilder().addBlocks(block(8, 0)).build())
            .build();

    assertThat(TableRule.of(named, "item").dimension(ANY, 0, 0)).isEqualTo(8);
    assertThat(TableRule.of(named, "user").dimension(ANY, 0, 0)).isZero();
  }

  @Test
  void aPinnedCategoryHasItsDimensionAtAnyPopularityInItsTableOnly() {
    Layout pinned =
        LAYOUT.toBuilder()
            .addPins(Pin.newBuilder().setTable("user").setKey(3).setDimension(1))
            .addPins(Pin.newBuilder().setTable("user").setKey(4).setDimension(0))
            .build();
    TableRule user = TableRule.of(pinned, "user");

    assertThat(user.dimension(3, 16, 1e9)).isEqualTo(1);
    assertThat(user.dimension(4, 16, 1e9)).isZero();
    assertThat(user.dimension(5, 16, 1e9)).isEqualTo(16);
    assertThat(user.isPinned(4)).isTrue();
    assertThat(user.isPinned(5)).isFalse();
    assertThat(TableRule.of(pinned, "item").dimension(3, 16, 1e9)).isEqualTo(16);
  }

  @Test
  void itTellsWhereARowWouldGoNextAndWhen() {
    assertThat(rule.admission()).isEqualTo(1);
    assertThat(rule.rises(0)).contains(1.0);
    assertThat(rule.rises(4)).contains(100.0);
    assertThat(rule.rises(16)).isEmpty();
    assertThat(rule.falls(0)).isEmpty();
    assertThat(rule.falls(4)).contains(6.0);
    assertThat(rule.above(0)).isEqualTo(2);
    assertThat(rule.above(4)).isEqualTo(16);
    assertThat(rule.above(16)).isEqualTo(16);
    assertThat(rule.below(16)).isEqualTo(4);
    assertThat(rule.below(2)).isZero();
  }

  @Test
  void underALayoutWithoutBlocksNoCategoryHasARow() {
    TableRule none = TableRule.of(Layout.getDefaultInstance(), "user");

    assertThat(none.admission()).isInfinite();
    assertThat(none.dimension(ANY, 0, 1e30)).isZero();
    assertThat(none.dimension(ANY, 4, 1e30)).isZero();
  }

  @Test
  void underTheFirstLayoutEveryRowHasAndKeepsTheBaseDimension() {
    TableRule first = TableRule.of(Layouts.first(16), "user");

    assertThat(first.dimension(ANY, 0, 0)).isEqualTo(16);
    assertThat(first.stays(16, 0)).isTrue();
    assertThat(first.falls(16)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    // Thresholds a tenth as high: what rows have they keep ...
    "16, 7.5, 16",
    "16, 7.49, 4",
    "4, 0.61, 4",
    "4, 0.59, 2",
    "2, 0.076, 2",
    "2, 0.0749, 0",
    "16, 0.799, 2",
    // ... also in a block that is none any more,
    "8, 0.8, 4",
    // but none rises below 0.71 times the layout's.
    "0, 0.707, 0",
    "0, 0.7072, 2",
    "2, 5.65, 2",
    "2, 5.66, 4",
    "4, 70.7, 4",
    "4, 70.72, 16",
  })
  void whereThereIsRoomRowsKeepWhatTheyHave(int current, double popularity, int expected) {
    TableRule low = TableRule.of(LAYOUT, "user", 0.1);

    assertThat(low.dimension(ANY, current, popularity)).isEqualTo(expected);
  }
}
