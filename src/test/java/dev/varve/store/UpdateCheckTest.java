package dev.varve.store;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.layout.Layouts;
import dev.varve.schema.Block;
import dev.varve.schema.Blocks;
import dev.varve.schema.Decision;
import dev.varve.schema.Layout;
import dev.varve.schema.Pin;
import dev.varve.schema.TableUpdate;
import dev.varve.schema.Tail;
import dev.varve.schema.UpdateBatch;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Layouts and dimensions; all else that can be wrong with a batch stands in {@link ShardTest}. */
class UpdateCheckTest {
  private static final int DIMENSION = 4;

  /** Blocks of every kind, equal thresholds among them, and pins. */
  private static final Layout GOOD =
      Layouts.first(DIMENSION).toBuilder()
          .setVersion(2)
          .clearDefaultBlocks()
          .addDefaultBlocks(block(1, 0))
          .addDefaultBlocks(block(2, 3))
          .addDefaultBlocks(block(4, 3))
          .putTables("user", Blocks.newBuilder().addBlocks(block(4, 0.5)).build())
          .putTables("item", Blocks.getDefaultInstance())
          .addPins(Pin.newBuilder().setTable("user").setDimension(2))
          .addPins(Pin.newBuilder().setTable("user").setKey(1).setDimension(0))
          .setHysteresis(0.999)
          .build();

  private static Block.Builder block(int dimension, double threshold) {
    return Block.newBuilder().setDimension(dimension).setThreshold(threshold);
  }

  private static void check(UpdateBatch.Builder batch) {
    UpdateCheck.check(batch.build(), DIMENSION, Set.of());
  }

  /** A way in which a layout can be wrong, and what is said of it. */
  record Malformed(String reason, UnaryOperator<Layout.Builder> damage) {}

  static Stream<Malformed> malformed() {
    String rising = "block: %d (expected: rising powers of two up to 4)";
    String thresholds = "threshold: %s (expected: 0 or more, rising with the dimension)";
    return Stream.of(
        new Malformed("layout version: 0 (expected: above 0)", layout -> layout.setVersion(0)),
        new Malformed(
            "hysteresis: 1.0 (expected: from 0 to below 1)", layout -> layout.setHysteresis(1)),
        new Malformed("hysteresis: -0.1 (", layout -> layout.setHysteresis(-0.1)),
        new Malformed("hysteresis: NaN (", layout -> layout.setHysteresis(Double.NaN)),
        new Malformed(rising.formatted(3), layout -> layout.setDefaultBlocks(2, block(3, 3))),
        new Malformed(rising.formatted(8), layout -> layout.setDefaultBlocks(2, block(8, 3))),
        new Malformed(rising.formatted(0), layout -> layout.setDefaultBlocks(0, block(0, 0))),
        new Malformed(rising.formatted(-4), layout -> layout.setDefaultBlocks(2, block(-4, 3))),
        new Malformed(rising.formatted(2), layout -> layout.setDefaultBlocks(2, block(2, 3))),
        new Malformed(rising.formatted(1), layout -> layout.setDefaultBlocks(1, block(1, 3))),
        new Malformed(
            thresholds.formatted("-1.0"), layout -> layout.setDefaultBlocks(0, block(1, -1))),
        new Malformed(
            thresholds.formatted("2.9"), layout -> layout.setDefaultBlocks(2, block(4, 2.9))),
        new Malformed(
            thresholds.formatted("NaN"),
            layout -> layout.setDefaultBlocks(1, block(2, Double.NaN))),
        new Malformed(
            rising.formatted(5),
            layout -> layout.putTables("user", Blocks.newBuilder().addBlocks(block(5, 0)).build())),
        new Malformed(
            "tail: 0 (expected: 1 for hash or 2 for qr)", layout -> layout.setTail(tail(0, 2, 4))),
        new Malformed(
            "tail: 3 (expected: 1 for hash or 2 for qr)", layout -> layout.setTail(tail(3, 2, 4))),
        new Malformed(
            "tail dimension: 3 (expected: a power of two up to 4)",
            layout -> layout.setTail(tail(1, 3, 4))),
        new Malformed(
            "tail dimension: 0 (expected: a power of two up to 4)",
            layout -> layout.setTail(tail(1, 0, 4))),
        new Malformed(
            "tail dimension: 8 (expected: a power of two up to 4)",
            layout -> layout.setTail(tail(1, 8, 4))),
        new Malformed(
            "tail rows: 0 (expected: from 1 to 65536, even for qr)",
            layout -> layout.setTail(tail(1, 2, 0))),
        new Malformed(
            "tail rows: 65537 (expected: from 1 to 65536, even for qr)",
            layout -> layout.setTail(tail(1, 2, 65_537))),
        new Malformed(
            "tail rows: 5 (expected: from 1 to 65536, even for qr)",
            layout -> layout.setTail(tail(2, 2, 5))),
        new Malformed(
            "pinned dimension: 3 (expected: 0 or a power of two up to 4)",
            layout -> layout.addPins(Pin.newBuilder().setDimension(3))),
        new Malformed(
            "pinned dimension: 8 (expected: 0 or a power of two up to 4)",
            layout -> layout.addPins(Pin.newBuilder().setDimension(8))));
  }

  private static Tail tail(int encoding, int dimension, int rows) {
    return Tail.newBuilder()
        .setEncodingValue(encoding)
        .setDimension(dimension)
        .setRows(rows)
        .build();
  }

  @ParameterizedTest
  @MethodSource("malformed")
  void aLayoutThatNoRowCouldFollowIsRefused(Malformed malformed) {
    var batch = UpdateBatch.newBuilder().setLayout(malformed.damage().apply(GOOD.toBuilder()));

    assertThatThrownBy(() -> check(batch))
        .isInstanceOf(RefusedBatchException.class)
        .hasMessageContaining(malformed.reason());
  }

  @Test
  void aLayoutIsTakenAndNeedsNothingElseOfABatch() {
    assertThatCode(() -> check(UpdateBatch.newBuilder().setLayout(GOOD)))
        .doesNotThrowAnyException();
    assertThatCode(
            () ->
                check(
                    UpdateBatch.newBuilder()
                        .setLayout(GOOD.toBuilder().setTail(tail(2, 4, 65_536)))))
        .doesNotThrowAnyException();
    assertThatCode(() -> check(UpdateBatch.newBuilder().setLayout(Layouts.first(DIMENSION))))
        .doesNotThrowAnyException();
  }

  @Test
  void aLayoutOrADecisionComesAlone() {
    var decision = Decision.newBuilder().setBehind(3);
    var rows = Batches.table("user", new float[5], 1);

    assertThatCode(() -> check(UpdateBatch.newBuilder().setDecision(decision)))
        .doesNotThrowAnyException();
    assertThatThrownBy(() -> check(Batches.batch(rows).setDecision(decision)))
        .isInstanceOf(RefusedBatchException.class)
        .hasMessageContaining("beside a decision: ")
        .hasMessageContaining("tables (expected: nothing, send it in another batch)");
    assertThatThrownBy(
            () -> check(UpdateBatch.newBuilder().setLayout(GOOD).addTables(rows).setExamples(1)))
        .isInstanceOf(RefusedBatchException.class)
        .hasMessageContaining("beside a layout: examples, tables (expected: nothing");
  }

  // -- dimensions

  /** Two rows, of dimensions 2 and 0: the gradient of one. */
  private static TableUpdate.Builder mixed() {
    return Batches.table("user", new float[0], 1, 2)
        .addDimensions(2)
        .addDimensions(0)
        .setGradients(Batches.bytes(1, 2, 3, 4, 5));
  }

  @Test
  void eachRowHasTheGradientOfItsDimension() {
    assertThatCode(() -> check(Batches.batch(mixed()))).doesNotThrowAnyException();
  }

  /** A way in which dimensions can be wrong, and what is said of it. */
  record Misread(String reason, UnaryOperator<TableUpdate.Builder> damage) {}

  static Stream<Misread> misread() {
    return Stream.of(
        new Misread("columns: 2 keys, 3 dimensions", update -> update.addDimensions(0)),
        new Misread(
            "columns: 2 keys, 1 dimensions", update -> update.clearDimensions().addDimensions(2)),
        new Misread(
            "dimension: 3 (expected: 0 or a power of two up to 4)",
            update -> update.setDimensions(1, 3)),
        new Misread("columns: 2 keys, 1 found", update -> update.addFound(2)),
        new Misread("dimension: 8 (", update -> update.setDimensions(1, 8)),
        new Misread("dimension: -1 (", update -> update.setDimensions(1, -1)),
        new Misread("dimension: -2147483648 (", update -> update.setDimensions(1, 1 << 31)),
        new Misread("gradients: 20 bytes (expected: 36", update -> update.setDimensions(1, 1)),
        new Misread("gradients: 20 bytes (expected: 56", TableUpdate.Builder::clearDimensions));
  }

  @ParameterizedTest
  @MethodSource("misread")
  void dimensionsThatDoNotFitAreRefused(Misread misread) {
    var batch = Batches.batch(misread.damage().apply(mixed()));

    assertThatThrownBy(() -> check(batch))
        .isInstanceOf(RefusedBatchException.class)
        .hasMessageContaining(misread.reason());
  }
}
