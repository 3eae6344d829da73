package dev.varve.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.varve.learn.Adagrad;
import dev.varve.learn.OptimizerConfig;
import dev.varve.schema.Census;
import dev.varve.schema.PopularityBin;
import dev.varve.schema.TableUpdate;
import dev.varve.schema.UpdateBatch;
import dev.varve.table.Popularity;
import dev.varve.table.RowFormat;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ShardTest {
  private static final int DIMENSION = 2;
  private static final int SHARD = 1;
  private static final long HALF_LIFE_MS = 60_000;
  private static final Adagrad OPTIMIZER = new Adagrad(OptimizerConfig.defaults(), 5);
  private static final float[] GRADIENT = Batches.gradient(DIMENSION, 0.5f);

  private final MapBelow below = new MapBelow();
  private final Shard shard = open(DIMENSION, HALF_LIFE_MS);

  private Shard open(int dimension, long halfLifeMs) {
    return new Shard(SHARD, below, dimension, OPTIMIZER, new Popularity(halfLifeMs), 1 << 20);
  }

  /** A way in which an update of three rows can be wrong, and what is said of it. */
  record Malformed(String reason, UnaryOperator<TableUpdate.Builder> damage) {}

  static Stream<Malformed> malformed() {
    return Stream.of(
        new Malformed("table: (empty)", table -> table.setTable("")),
        new Malformed("columns: 4 keys, 3 occurrences, 3 event times", table -> table.addKeys(9)),
        new Malformed("columns: 3 keys, 4 occurrences", table -> table.addOccurrences(1)),
        new Malformed("3 occurrences, 4 event times", table -> table.addEventTimeOffsetsMs(0)),
        new Malformed("occurrences: 0 (expected: above 0)", table -> table.setOccurrences(1, 0)),
        new Malformed("occurrences: -1 (expected: above 0)", table -> table.setOccurrences(2, -1)),
        new Malformed(
            "gradients: 59 bytes (expected: 60 for 3 rows of dimension 2)",
            table -> table.setGradients(table.getGradients().substring(1))),
        new Malformed(
            "gradients: 64 bytes (expected: 60 for 3 rows of dimension 2)",
            table -> table.setGradients(table.getGradients().concat(Batches.bytes(1)))),
        new Malformed("gradients: 0 bytes", table -> table.setGradients(ByteString.EMPTY)));
  }

  @ParameterizedTest
  @MethodSource("malformed")
  void aMalformedTableRefusesTheWholeBatchAndChangesNothing(Malformed malformed) {
    shard.apply(Batches.batch(Batches.table("user", GRADIENT, 1)).build());
    shard.writeBack();
    Census census = shard.census();
    ShardSummary summary = shard.summary();
    below.puts.clear();

    UpdateBatch batch =
        Batches.batch(
                Batches.table("user", GRADIENT, 1, 2),
                malformed.damage().apply(Batches.table("item", GRADIENT, 1, 2, 3)))
            .build();

    assertThatThrownBy(() -> shard.apply(batch))
        .isInstanceOf(RefusedBatchException.class)
        .hasMessageContaining(malformed.reason());
    shard.writeBack();
    assertThat(below.puts).isEmpty();
    assertThat(shard.census()).isEqualTo(census);
    assertThat(shard.summary()).isEqualTo(summary);
    assertThat(shard.read("user", 2)).isNull();
    assertThat(shard.read("item", 1)).isNull();
  }

  @Test
  void aBatchWithMoreTablesThanThereAreNumbersIsRefused() {
    var batch = UpdateBatch.newBuilder();
    for (int i = 0; i <= 0xFFFE; i++) {
      batch.addTables(TableUpdate.newBuilder().setTable("t" + i));
    }

    assertThatThrownBy(() -> shard.apply(batch.build()))
        .isInstanceOf(RefusedBatchException.class)
        .hasMessage("tables: 65535 (expected: at most 65534)");
    assertThat(shard.summary().tables()).isEmpty();
  }

  @Test
  void nothingIsReadOfAnUnknownTableOrCategory() {
    assertThat(shard.read("user", 1)).isNull();

    shard.apply(Batches.batch(Batches.table("user", GRADIENT, 1)).build());

    assertThat(shard.read("user", 1)).isNotNull();
    assertThat(shard.read("user", 2)).isNull();
    assertThat(shard.read("item", 1)).isNull();
  }

  @Test
  void aRowIsReadBeforeItIsWrittenBackAndAfterARestart() {
    shard.apply(Batches.batch(Batches.table("user", GRADIENT, 1)).build());
    float[] state = OPTIMIZER.initial("user", 1, DIMENSION);
    OPTIMIZER.step(state, 0, DIMENSION, GRADIENT, 0);
    assertThat(shard.read("user", 1)).containsExactly(state);

    shard.writeBack();

    assertThat(open(DIMENSION, HALF_LIFE_MS).read("user", 1)).containsExactly(state);
  }

  @Test
  void aGradientThatIsNotFiniteCountsAsOccurrenceAndIsNotLearned() {
    float[] broken = GRADIENT.clone();
    broken[1] = Float.NaN;

    shard.apply(
        Batches.batch(Batches.table("user", broken, 1), Batches.table("item", GRADIENT, 1))
            .build());

    assertThat(shard.refusedGradients()).isEqualTo(1);
    assertThat(shard.read("user", 1)).containsExactly(OPTIMIZER.initial("user", 1, DIMENSION));
    assertThat(shard.census().getTables(1).getOccurrences()).isEqualTo(1);
    assertThat(shard.summary().examples()).isEqualTo(1);
    assertThat(shard.read("item", 1)).isNotEqualTo(OPTIMIZER.initial("item", 1, DIMENSION));
  }

  @Test
  void anEmptyTableKeepsItsNumberAcrossARestart() {
    shard.apply(
        Batches.batch(
                Batches.table("user", GRADIENT, 1),
                Batches.table("item", GRADIENT),
                Batches.table("tag", GRADIENT, 1))
            .build());
    shard.writeBack();
    Shard again = open(DIMENSION, HALF_LIFE_MS);
    float[] tag = again.read("tag", 1);

    again.apply(Batches.batch(Batches.table("city", GRADIENT, 1)).build());

    assertThat(again.read("tag", 1)).isEqualTo(tag);
    assertThat(again.summary().tables().keySet()).containsExactly("city", "item", "tag", "user");
  }

  @Test
  void rowsOfAnotherDimensionAreRefusedWithTheKeyToSet() {
    shard.apply(Batches.batch(Batches.table("user", GRADIENT, 1)).build());
    shard.writeBack();

    assertThatIllegalArgumentException()
        .isThrownBy(() -> open(4, HALF_LIFE_MS))
        .withMessage("model.dimension: 4 (expected: 2, the dimension of the rows that are stored)");
  }

  @Test
  void anotherHalfLifeCountsThePopularityOfAllRowsAnew() {
    shard.apply(
        Batches.batch(Batches.table("user", GRADIENT, 1, 2)).setEventTimeMs(8 * 1_000).build());
    shard.writeBack();
    assertThat(shard.census().getTables(0).getBinsList()).containsExactly(bin(0, 2));

    // Popularity 1 at 8 half-lives: grade 8, so bin 32.
    Shard faster = open(DIMENSION, 1_000);
    assertThat(faster.census().getTables(0).getBinsList()).containsExactly(bin(32, 2));

    faster.writeBack();
    assertThat(open(DIMENSION, 1_000).census()).isEqualTo(faster.census());
  }

  private static PopularityBin bin(long bin, long rows) {
    return PopularityBin.newBuilder().setBin(bin).setRows(rows).build();
  }

  @Test
  void aCommitIsWantedWhenHalfOfTheMemoryIsChangedRows() {
    long rowBytes = 152 + 8L * (1 + DIMENSION);
    var small =
        new Shard(SHARD, below, DIMENSION, OPTIMIZER, new Popularity(HALF_LIFE_MS), 4 * rowBytes);

    small.apply(Batches.batch(Batches.table("user", GRADIENT, 1, 2)).build());
    assertThat(small.wantsWriteBack()).isFalse();
    small.apply(Batches.batch(Batches.table("user", GRADIENT, 3)).build());
    assertThat(small.wantsWriteBack()).isTrue();
    small.writeBack();
    assertThat(small.wantsWriteBack()).isFalse();
  }

  @Test
  void aDamagedRowIsNotTakenForAMalformedBatch() {
    shard.apply(Batches.batch(Batches.table("user", GRADIENT, 1)).build());
    shard.writeBack();
    below.put(RowFormat.key(0, 1), new byte[] {1, 0, 2});

    Shard damaged = open(DIMENSION, HALF_LIFE_MS);

    assertThatThrownBy(
            () -> damaged.apply(Batches.batch(Batches.table("user", GRADIENT, 1)).build()))
        .isNotInstanceOf(RefusedBatchException.class)
        .hasMessageContaining("the store is damaged");
  }
}
