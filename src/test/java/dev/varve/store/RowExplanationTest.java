package dev.varve.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.varve.learn.Adagrad;
import dev.varve.learn.OptimizerConfig;
import dev.varve.schema.Block;
import dev.varve.schema.Explanation;
import dev.varve.schema.Layout;
import dev.varve.schema.Move;
import dev.varve.schema.Pin;
import dev.varve.schema.UpdateBatch;
import dev.varve.table.Popularity;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RowExplanationTest {
  private static final int DIMENSION = 8;
  private static final long HOUR_MS = 3_600_000;

  /** A whole number of the units that times are kept in. */
  private static final long NOON_MS = Batches.NOON_MS / 256 * 256;

  private final MapBelow below = new MapBelow();
  private Shard shard = open();

  @AfterEach
  void close() {
    shard.close();
  }

  private Shard open() {
    var optimizer = new Adagrad(OptimizerConfig.defaults(), 5);
    var decay = new Popularity(HOUR_MS);
    return new Shard(
        0, below, new EmbeddingStore.Settings(DIMENSION, optimizer, decay, 256 << 10, 1 << 16));
  }

  private void seen(long key, int occurrences, long timeMs) {
    var update = Batches.table("user", new float[0], key).addDimensions(0);
    shard.apply(
        Batches.batch(update.setOccurrences(0, occurrences)).setEventTimeMs(timeMs).build());
  }

  /** No row below 4, 2 dimensions below 32; with a margin of a half. */
  private static Layout.Builder layout(long version) {
    return Layout.newBuilder()
        .setVersion(version)
        .setBaseDimension(DIMENSION)
        .addDefaultBlocks(Block.newBuilder().setDimension(2).setThreshold(4))
        .addDefaultBlocks(Block.newBuilder().setDimension(8).setThreshold(32))
        .setHysteresis(0.5)
        .setKeepMs(1);
  }

  private void follow(Layout.Builder layout) {
    shard.apply(UpdateBatch.newBuilder().setLayout(layout).build());
    shard.sweep(Long.MAX_VALUE);
  }

  private Explanation explain(long key) {
    return shard.explain("user", key);
  }

  @Test
  void aTableOrCategoryThatNobodyHasSeenIsUnknown() {
    assertThat(explain(1).getKind()).isEqualTo("unknown");
    seen(1, 1, NOON_MS);
    follow(layout(2));

    Explanation unknown = explain(2);

    assertThat(unknown.getKind()).isEqualTo("unknown");
    assertThat(unknown.getPopularity()).isZero();
    assertThat(unknown.getNext()).isEqualTo("moves to 2 dimensions from popularity 4.00 on");
    assertThat(shard.explain("item", 1).getKind()).isEqualTo("unknown");
  }

  @Test
  void aRowIsToldWithItsPopularityAsOfNow() {
    seen(1, 12, NOON_MS - HOUR_MS);
    seen(2, 1, NOON_MS);

    Explanation row = explain(1);

    assertThat(row.getKind()).isEqualTo("row");
    assertThat(row.getDimension()).isEqualTo(8);
    assertThat(row.getPopularity()).isCloseTo(6, within(1e-3));
    assertThat(row.getPopularityError()).isZero();
    assertThat(row.getLastSeenMs()).isEqualTo((NOON_MS - HOUR_MS) / 256 * 256);
    assertThat(row.getWatermarkMs()).isEqualTo(NOON_MS);
    assertThat(row.getLayoutVersion()).isEqualTo(1);
    assertThat(row.getBlocks().getBlocksList()).hasSize(1);
    assertThat(row.hasPinned()).isFalse();
    assertThat(row.getNext()).isEqualTo("has the most dimensions that there are");
  }

  /** Falls below half of its threshold: of 40 to 16 that is 1.32 half-lives, of 10 to 2 2.32. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "10 | moves to 8 dimensions from popularity 32.0 on; loses its row below 2.00, in 2h 19m",
        "40 | has the most dimensions that there are; moves to 2 dimensions below 16.0, in 1h 19m",
        "1 | moves to 2 dimensions from popularity 4.00 on"
      })
  void whatComesNextIsPredicted(int occurrences, String next) {
    seen(1, occurrences, NOON_MS);
    follow(layout(2));

    assertThat(explain(1).getNext()).startsWith(next);
    if (occurrences > 4) {
      assertThat(explain(1).getNext()).endsWith(" of event time if it is not seen");
    }
  }

  @Test
  void aRowThatHasFadedSaysThatItWillMoveWhenItIsTouched() {
    seen(1, 40, NOON_MS);
    follow(layout(2));
    seen(2, 1, NOON_MS + 2 * HOUR_MS);

    assertThat(explain(1).getDimension()).isEqualTo(8);
    assertThat(explain(1).getNext())
        .isEqualTo("moves to 2 dimensions when it is touched, or the next layout comes");
    seen(2, 1, NOON_MS + 10 * HOUR_MS);
    assertThat(explain(1).getNext())
        .isEqualTo("loses its row when it is touched, or the next layout comes");
  }

  @Test
  void aCategoryThatLostItsRowIsATraceAndItsMovesSayWhy() {
    seen(1, 10, NOON_MS);
    follow(layout(2));
    seen(2, 1, NOON_MS + 6 * HOUR_MS);
    follow(layout(3));

    Explanation trace = explain(1);

    assertThat(trace.getKind()).isEqualTo("trace");
    assertThat(trace.getDimension()).isZero();
    assertThat(trace.getPopularity()).isCloseTo(10 / 64.0, within(1e-4));
    assertThat(trace.getMovesList()).extracting(Move::getFrom).startsWith(2, 8);
    assertThat(trace.getMovesList()).extracting(Move::getTo).startsWith(0, 2);
    assertThat(trace.getMovesList())
        .extracting(Move::getReason)
        .containsExactly("layout, by the sweep", "layout, by the sweep", "admitted by an update");
    assertThat(trace.getMovesList()).extracting(Move::getLayoutVersion).startsWith(3L, 2L);
  }

  @Test
  void aMoveByAnUpdateSaysSo() {
    seen(1, 10, NOON_MS);
    follow(layout(2));

    seen(1, 30, NOON_MS + 1_000);

    Move newest = explain(1).getMoves(0);
    assertThat(newest.getFrom()).isEqualTo(2);
    assertThat(newest.getTo()).isEqualTo(8);
    assertThat(newest.getReason()).isEqualTo("popularity at an update");
    assertThat(newest.getPopularity()).isCloseTo(40, within(0.1));
    assertThat(newest.getEventTimeMs()).isEqualTo((NOON_MS + 1_000) / 256 * 256);
  }

  @Test
  void aCategoryThatWaitsForItsRowIsCountedWithAnError() {
    seen(1, 1, NOON_MS);
    follow(layout(2));
    seen(3, 2, NOON_MS + 1_000);

    Explanation counted = explain(3);

    assertThat(counted.getKind()).isEqualTo("counted");
    assertThat(counted.getPopularity()).isCloseTo(2, within(0.01));
    assertThat(counted.getPopularityError()).isBetween(0.0, counted.getPopularity());
    assertThat(counted.getMovesList()).isEmpty();
    assertThat(counted.getNext()).isEqualTo("moves to 2 dimensions from popularity 4.00 on");
  }

  @Test
  void aPinIsToldAndStays() {
    seen(1, 100, NOON_MS);
    follow(layout(2).addPins(Pin.newBuilder().setTable("user").setKey(1).setDimension(1)));

    Explanation pinned = explain(1);

    assertThat(pinned.getPinned()).isEqualTo(1);
    assertThat(pinned.getDimension()).isEqualTo(1);
    assertThat(pinned.getNext()).isEqualTo("stays while it is pinned");
    assertThat(explain(2).hasPinned()).isFalse();
  }

  /** Moves are of this process; the rest is read from below. */
  @Test
  void aRowThatIsNotInMemoryIsToldFromBelow() {
    seen(1, 10, NOON_MS);
    follow(layout(2));
    Explanation before = explain(1);
    shard.writeBack();
    shard.close();
    shard = open();

    assertThat(explain(1)).isEqualTo(before.toBuilder().clearMoves().build());
  }
}
