package dev.varve.topology;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.varve.layout.Layouts;
import dev.varve.schema.Block;
import dev.varve.schema.BlockCensus;
import dev.varve.schema.BudgetUnit;
import dev.varve.schema.Census;
import dev.varve.schema.Command;
import dev.varve.schema.Decision;
import dev.varve.schema.DenseDelta;
import dev.varve.schema.DenseModel;
import dev.varve.schema.Layout;
import dev.varve.schema.Parameters;
import dev.varve.schema.Phase;
import dev.varve.schema.Reply;
import dev.varve.schema.StatusCommand;
import dev.varve.schema.StatusReply;
import dev.varve.schema.TableCensus;
import dev.varve.schema.TableUpdate;
import dev.varve.schema.UpdateBatch;
import dev.varve.store.EmbeddingStore;
import dev.varve.store.EmbeddingStoreBuilder;
import dev.varve.testing.StreamsDriver;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The application store: table, dense and balance, each fed with its topics. */
class StoreTopologyTest {
  private static final String UPDATES = Parts.TOPICS.updates();
  private static final String DELTAS = Parts.TOPICS.denseDeltas();
  private static final String CENSUS = Parts.TOPICS.census();
  private static final String COMMANDS = Parts.TOPICS.commands();
  private static final Duration SOON = Duration.ofMillis(100);

  @TempDir private Path folder;
  @TempDir private Path kept;

  private static UpdateBatch updateOf(int floats, long... keys) {
    var table =
        TableUpdate.newBuilder()
            .setTable("user")
            .setGradients(ByteString.copyFrom(new byte[keys.length * floats * Float.BYTES]));
    for (long key : keys) {
      table.addKeys(key).addOccurrences(1).addEventTimeOffsetsMs(0);
    }
    return UpdateBatch.newBuilder()
        .setEndOffset(1)
        .setLayoutVersion(1)
        .setExamples(1)
        .setEventTimeMs(Parts.TIME_MS)
        .addTables(table)
        .build();
  }

  private static UpdateBatch update(long... keys) {
    return updateOf(3 + Parts.DIMENSION, keys);
  }

  // -- table

  @Test
  void updatesBecomeRowsAndACensusWhenSomethingChanged() {
    try (StreamsDriver driver = Parts.startStore(folder)) {
      driver.send(UPDATES, update(1, 2));
      driver.send(UPDATES, update(2));
      assertThat(driver.read(CENSUS)).isEmpty();

      driver.pass(Parts.CENSUS_EVERY);
      Census census = only(driver.read(CENSUS, Census.parser()));
      assertThat(census.getExamples()).isEqualTo(2);
      assertThat(census.getTables(0).getRows()).isEqualTo(2);
      assertThat(census.getTables(0).getOccurrences()).isEqualTo(3);

      driver.pass(Parts.CENSUS_EVERY);
      assertThat(driver.read(CENSUS)).isEmpty();
    }
  }

  @Test
  void aCensusFromBeforeTheCommitIsFollowedByOneWithAllRowsInItsBins() {
    try (StreamsDriver driver = Parts.startStore(folder)) {
      driver.send(UPDATES, update(1));
      // The driver commits behind every record: only so is a row not yet committed.
      driver.store(EmbeddingStoreBuilder.NAME, EmbeddingStore.class).apply(update(2));
      driver.pass(Parts.CENSUS_EVERY);
      Census before = only(driver.read(CENSUS, Census.parser()));
      assertThat(before.getTables(0).getRows()).isEqualTo(2);
      assertThat(binned(before)).isEqualTo(1);

      driver.pass(Parts.CENSUS_EVERY);
      assertThat(binned(only(driver.read(CENSUS, Census.parser())))).isEqualTo(2);

      driver.pass(Parts.CENSUS_EVERY);
      assertThat(driver.read(CENSUS)).isEmpty();
    }
  }

  /** However many updates come between two steps: a shard under load is never without changes. */
  @Test
  void aSweepEndsAndIsToldWhileUpdatesGoOn() {
    try (StreamsDriver driver = Parts.startStore(folder)) {
      driver.send(UPDATES, update(1, 2));
      driver.send(UPDATES, UpdateBatch.newBuilder().setLayout(layout(1)).build());
      List<Census> told = new ArrayList<>();
      for (int i = 0; i < 100 && told.isEmpty(); i++) {
        driver.store(EmbeddingStoreBuilder.NAME, EmbeddingStore.class).apply(update(2));
        driver.pass(Duration.ofMillis(1));
        told.addAll(driver.read(CENSUS, Census.parser()));
      }
      assertThat(told).extracting(Census::getSweptVersion).containsExactly(2L);
    }
  }

  /** What it frees has been given away already. */
  @Test
  void aPriceIsSweptAtOnceAndNotTold() {
    try (StreamsDriver driver = Parts.startStore(folder)) {
      driver.send(UPDATES, update(1, 2, 3, 4, 5, 6, 7, 8));
      Layout small =
          layout(0.5)
              .setGrowth(10)
              .setSlack(10)
              .setUnit(BudgetUnit.PARAMETERS)
              .putQuotas(0, 50)
              .build();
      driver.send(UPDATES, UpdateBatch.newBuilder().setLayout(small).build());
      driver.pass(Duration.ofMillis(200));
      driver.read(CENSUS);
      EmbeddingStore store = driver.store(EmbeddingStoreBuilder.NAME, EmbeddingStore.class);
      double price = store.census().getRaised();

      var later = update(9, 10, 11).toBuilder().setEventTimeMs(Parts.TIME_MS + 10_000);
      driver.send(UPDATES, later.build());
      driver.send(UPDATES, later.setEventTimeMs(Parts.TIME_MS + 20_000).build());

      assertThat(store.census().getRaised()).isNotEqualTo(price);
      assertThat(store.isSwept()).isTrue();
      driver.pass(Duration.ofMillis(200));
      assertThat(driver.read(CENSUS)).isEmpty();
    }
  }

  private static Layout.Builder layout(double threshold) {
    var block = Block.newBuilder().setDimension(Parts.DIMENSION).setThreshold(threshold);
    return Layout.newBuilder()
        .setVersion(2)
        .setBaseDimension(Parts.DIMENSION)
        .addDefaultBlocks(block);
  }

  private static long binned(Census census) {
    return census.getTables(0).getBlocksList().stream()
        .flatMap(block -> block.getBinRowsList().stream())
        .mapToLong(Long::longValue)
        .sum();
  }

  @Test
  void anUpdateBatchThatDoesNotFitTheModelIsADeadLetter() {
    try (StreamsDriver driver = Parts.startStore(folder)) {
      UpdateBatch refused = updateOf(3 + 2 * Parts.DIMENSION, 1);
      driver.send(UPDATES, refused);
      driver.send(UPDATES, update(2));

      Letters.Letter letter = only(Letters.read(driver));
      assertThat(letter.reason())
          .isEqualTo("gradients: 44 bytes (expected: 28 for 1 rows of dimension up to 4)");
      assertThat(letter.from()).isEqualTo(UPDATES + "-0@0");
      assertThat(letter.value()).isEqualTo(refused.toByteArray());
      var store = driver.store(EmbeddingStoreBuilder.NAME, EmbeddingStore.class);
      assertThat(store.census().getExamples()).isEqualTo(1);
      assertThat(store.census().getTables(0).getRows()).isEqualTo(1);
    }
  }

  @Test
  void aStoreWhoseRowsHaveAnotherDimensionTellsWhoeverAsks() {
    StreamsDriver first = Parts.startStore(folder);
    first.send(UPDATES, update(1));
    first.stop(kept);

    // The thread starts: it is the process, which asks for every shard, that has to end.
    var topology = Parts.storeTopology(8);
    var settings = Parts.settings(Parts.TOPICS.storeApplication());
    try (StreamsDriver second = new StreamsDriver(topology, settings, kept)) {
      second.pass(Parts.CENSUS_EVERY);
      assertThat(second.read(CENSUS)).isEmpty();
      var store = second.store(EmbeddingStoreBuilder.NAME, EmbeddingStore.class);
      assertThatThrownBy(store::census)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(
              "model.dimension: 8 (expected: 4, the dimension of the rows that are stored)");
    }
  }

  // -- dense

  private static DenseDelta delta(int trainer, long endOffset, float weight) {
    return DenseDelta.newBuilder()
        .setTrainer(trainer)
        .setEndOffset(endOffset)
        .addChanges(Parameters.newBuilder().setName("bias").addWeights(weight).addAccumulators(1))
        .build();
  }

  @Test
  void denseDeltasBecomeVersionsThatNameWhatTheyContain() {
    try (StreamsDriver driver = Parts.startStore(folder)) {
      driver.send(DELTAS, delta(0, 10, 0.5f));
      driver.send(DELTAS, delta(3, 20, 0.25f));

      List<DenseModel> models = driver.read(Parts.TOPICS.denseModel(), DenseModel.parser());
      assertThat(models).extracting(DenseModel::getVersion).containsExactly(1L, 2L);
      DenseModel newest = models.getLast();
      assertThat(newest.getMergedMap()).containsEntry(0, 10L).containsEntry(3, 20L).hasSize(2);
      assertThat(newest.getParameters(0).getWeightsList()).containsExactly(0.75f);
      assertThat(newest.getParameters(0).getAccumulatorsList()).containsExactly(2f);
    }
  }

  @Test
  void theDenseModelGoesOnAfterARestart() {
    StreamsDriver first = Parts.startStore(folder);
    first.send(DELTAS, delta(0, 10, 0.5f));
    first.stop(kept);

    try (StreamsDriver again = Parts.startStore(kept)) {
      again.send(DELTAS, delta(1, 5, 0.25f));

      DenseModel model = only(again.read(Parts.TOPICS.denseModel(), DenseModel.parser()));
      assertThat(model.getVersion()).isEqualTo(2);
      assertThat(model.getMergedMap()).containsEntry(0, 10L).containsEntry(1, 5L);
      assertThat(model.getParameters(0).getWeightsList()).containsExactly(0.75f);
    }
  }

  @Test
  void aDeltaThatIsNotFiniteIsADeadLetterAndGivesNoVersion() {
    try (StreamsDriver driver = Parts.startStore(folder)) {
      driver.send(DELTAS, delta(0, 10, Float.NaN));

      assertThat(only(Letters.read(driver)).reason())
          .isEqualTo("bias: NaN (expected: a finite change)");
      assertThat(driver.read(Parts.TOPICS.denseModel())).isEmpty();
    }
  }

  @Test
  void aReasonQuotesOnlyTheBeginningOfALongName() {
    var change = Parameters.newBuilder().setName("n".repeat(500_000)).addWeights(1);
    try (StreamsDriver driver = Parts.startStore(folder)) {
      driver.send(DELTAS, DenseDelta.newBuilder().addChanges(change).build());

      assertThat(only(Letters.read(driver)).reason())
          .startsWith("n".repeat(200) + "... (500000 characters): ")
          .hasSizeLessThan(300);
    }
  }

  // -- balance

  @Test
  void theFirstLayoutIsPublishedOnceAlsoAfterARestart() {
    StreamsDriver first = Parts.startStore(folder);
    first.pass(SOON);
    Layout layout = only(first.read(Parts.TOPICS.layout(), Layout.parser()));
    assertThat(layout).isEqualTo(Layouts.first(Parts.DIMENSION));
    first.pass(SOON);
    assertThat(first.read(Parts.TOPICS.layout())).isEmpty();
    first.stop(kept);

    try (StreamsDriver again = Parts.startStore(kept)) {
      again.pass(SOON);
      again.pass(SOON);
      assertThat(again.read(Parts.TOPICS.layout())).isEmpty();
      again.send(COMMANDS, status("after"));
      assertThat(only(again.read(Parts.TOPICS.replies(), Reply.parser())).getStatus())
          .satisfies(status -> assertThat(status.getLayoutVersion()).isEqualTo(1));
    }
  }

  private static Command status(String id) {
    return Command.newBuilder().setId(id).setStatus(StatusCommand.getDefaultInstance()).build();
  }

  private static Census census(int shard, long examples, long rows) {
    return Census.newBuilder()
        .setShard(shard)
        .setExamples(examples)
        .addTables(TableCensus.newBuilder().setTable("user").setRows(rows).setOccurrences(9))
        .build();
  }

  @Test
  void aStatusCommandIsAnsweredFromTheNewestCensusOfEachShard() {
    try (StreamsDriver driver = Parts.startStore(folder)) {
      driver.pass(SOON);
      driver.send(CENSUS, census(0, 5, 3));
      driver.send(CENSUS, census(2, 7, 4));
      driver.send(CENSUS, census(0, 6, 5));

      driver.send(COMMANDS, status("c-1"));

      var record = only(driver.read(Parts.TOPICS.replies()));
      assertThat(new String(record.key(), StandardCharsets.UTF_8)).isEqualTo("c-1");
      assertThat(record.value())
          .isEqualTo(
              Reply.newBuilder()
                  .setId("c-1")
                  .setStatus(
                      StatusReply.newBuilder()
                          .setLayoutVersion(1)
                          .setLayout(Layouts.first(Parts.DIMENSION))
                          .setShards(2)
                          .setAllShards(4)
                          .setExamples(13)
                          .setUsed(8 * 4 * 4)
                          .setProgress(1)
                          .addTables(
                              TableCensus.newBuilder()
                                  .setTable("user")
                                  .setRows(9)
                                  .setOccurrences(18)))
                  .build()
                  .toByteArray());
    }
  }

  private static Census rowsOf(int shard, long version) {
    var block = BlockCensus.newBuilder().setDimension(Parts.DIMENSION).setRows(100);
    for (int i = 0; i < 100; i++) {
      block.addBins(1).addBinRows(1);
    }
    return Census.newBuilder()
        .setShard(shard)
        .setSweptVersion(version)
        .addTables(TableCensus.newBuilder().setTable("user").setRows(100).addBlocks(block))
        .build();
  }

  @Test
  void anAppliedPlanIsPublishedAndSentToEveryShardWithTheReply() {
    try (StreamsDriver driver = Parts.startStore(folder)) {
      for (int shard = 0; shard < 4; shard++) {
        driver.send(CENSUS, rowsOf(shard, 1));
      }
      send(
          driver,
          COMMANDS,
          "{\"id\": \"c-1\", \"set_budget\": {\"budget\": 900, \"unit\": \"PARAMETERS\"}}");
      send(driver, COMMANDS, "{\"id\": \"c-2\", \"plan\": {}}");
      only(driver.read(Parts.TOPICS.layout()));
      assertThat(driver.partitions(UPDATES)).isEmpty();
      long commits = driver.commits();

      send(driver, COMMANDS, "{\"id\": \"c-3\", \"apply\": {\"plan\": \"plan-1\"}}");

      Layout layout = only(driver.read(Parts.TOPICS.layout(), Layout.parser()));
      assertThat(layout.getVersion()).isEqualTo(2);
      // The driver has one shard only, which all of them come to; without rows room costs least.
      assertThat(driver.partitions(UPDATES)).containsExactly(0, 1, 2, 3, 0, 0);
      UpdateBatch toFollow = UpdateBatch.newBuilder().setLayout(layout).build();
      Decision follows =
          Decision.newBuilder()
              .setBehind(1)
              .setLayoutVersion(2)
              .setPrice(-1024)
              .setRoom(220)
              .build();
      Decision swept = follows.toBuilder().setSwept(true).build();
      assertThat(driver.read(UPDATES, UpdateBatch.parser()))
          .containsExactly(
              toFollow,
              toFollow,
              toFollow,
              toFollow,
              UpdateBatch.newBuilder().setDecision(follows).build(),
              UpdateBatch.newBuilder().setDecision(swept).build());
      List<Reply> replies = driver.read(Parts.TOPICS.replies(), Reply.parser());
      assertThat(replies).extracting(Reply::getError).containsOnly("");
      assertThat(replies.getLast().getChange().getLayoutVersion()).isEqualTo(2);
      assertThat(driver.commits()).isGreaterThan(commits);
    }
  }

  /** At start nothing can be sent: a sweep that goes on there must not end before that. */
  @Test
  void aSweepThatGoesOnAfterARestartLogsItsEnd() {
    var layout =
        Layout.newBuilder()
            .setVersion(2)
            .setBaseDimension(Parts.DIMENSION)
            .setUnit(BudgetUnit.PARAMETERS)
            .setGrowth(10)
            .setSlack(10)
            .putQuotas(0, 500);
    StreamsDriver first = Parts.startStore(folder);
    first.send(UPDATES, UpdateBatch.newBuilder().setLayout(layout).build());
    first.stop(kept);

    try (StreamsDriver again = Parts.startStore(kept, 30_000)) {
      again.pass(Duration.ofSeconds(1));

      assertThat(again.read(UPDATES, UpdateBatch.parser()))
          .singleElement()
          .satisfies(batch -> assertThat(batch.getDecision().getSwept()).isTrue());
    }
  }

  @Test
  void anApplyGoesOnAfterARestartAndIsAnsweredOnce() {
    String apply = "{\"id\": \"c-3\", \"apply\": {\"plan\": \"plan-1\"}}";
    StreamsDriver first = Parts.startStore(folder);
    for (int shard = 0; shard < 4; shard++) {
      first.send(CENSUS, rowsOf(shard, 1));
    }
    send(
        first,
        COMMANDS,
        "{\"id\": \"c-1\", \"set_budget\": {\"budget\": 900, \"unit\": \"PARAMETERS\"}}");
    send(first, COMMANDS, "{\"id\": \"c-2\", \"plan\": {}}");
    send(first, COMMANDS, apply);
    Reply then = first.read(Parts.TOPICS.replies(), Reply.parser()).getLast();
    first.stop(kept);

    try (StreamsDriver again = Parts.startStore(kept)) {
      send(again, COMMANDS, apply);
      assertThat(only(again.read(Parts.TOPICS.replies(), Reply.parser()))).isEqualTo(then);
      assertThat(again.read(Parts.TOPICS.layout())).isEmpty();

      for (int shard = 0; shard < 4; shard++) {
        again.send(CENSUS, rowsOf(shard, 2));
      }
      again.send(COMMANDS, status("after"));
      assertThat(only(again.read(Parts.TOPICS.replies(), Reply.parser())).getStatus().getPhase())
          .isEqualTo(Phase.SETTLED);
      assertThat(again.read(Parts.TOPICS.layout())).isEmpty();

      // Rows that no shard has moved are over the budget: when it is time to look, they should.
      again.send(CENSUS, rowsOf(0, 2).toBuilder().setExamples(10_000).build());
      assertThat(only(again.read(Parts.TOPICS.layout(), Layout.parser())).getReason())
          .startsWith("over the budget");
    }
  }

  @Test
  void aCommandThatIsTooLongToBeKeptIsADeadLetter() {
    try (StreamsDriver driver = Parts.startStore(folder)) {
      driver.send(COMMANDS, new byte[70_000], new RecordHeaders());

      assertThat(only(Letters.read(driver)).reason())
          .isEqualTo("command: 70000 bytes (expected: at most 65536)");
      assertThat(driver.read(Parts.TOPICS.replies())).isEmpty();
    }
  }

  @Test
  void aCategoryIsExplained() {
    try (StreamsDriver driver = Parts.startStore(folder)) {
      driver.send(CENSUS, rowsOf(0, 1));
      send(
          driver,
          COMMANDS,
          "{\"id\": \"c-1\", \"explain\": {\"table\": \"user\", \"id\": \"u1\"}}");

      assertThat(only(driver.read(Parts.TOPICS.replies(), Reply.parser())).getExplanation().getId())
          .isEqualTo("u1");
    }
  }

  @Test
  void aCommandMayBeWrittenAsJson() {
    try (StreamsDriver driver = Parts.startStore(folder)) {
      send(driver, COMMANDS, "{\"id\": \"c-2\", \"status\": {}}");

      Reply reply = only(driver.read(Parts.TOPICS.replies(), Reply.parser()));
      assertThat(reply.getId()).isEqualTo("c-2");
      assertThat(reply.getError()).isEmpty();
      assertThat(reply.hasStatus()).isTrue();
    }
  }

  @Test
  void aCommandWithoutAnActionIsAnsweredWithTheReason() {
    try (StreamsDriver driver = Parts.startStore(folder)) {
      send(driver, COMMANDS, "{\"id\": \"c-3\"}");

      Reply reply = only(driver.read(Parts.TOPICS.replies(), Reply.parser()));
      assertThat(reply.getId()).isEqualTo("c-3");
      assertThat(reply.getError())
          .startsWith("command: no action (expected: one of status, plan, apply");
      assertThat(reply.hasStatus()).isFalse();
    }
  }

  // -- what is nothing at all

  static List<Arguments> corrupted() {
    byte[] noise = {-1, -1, -1, -1};
    return List.of(
        Arguments.of(UPDATES, noise, "While parsing a protocol message"),
        Arguments.of(UPDATES, null, "message: empty"),
        Arguments.of(DELTAS, noise, "While parsing a protocol message"),
        Arguments.of(DELTAS, null, "message: empty"),
        Arguments.of(CENSUS, noise, "While parsing a protocol message"),
        Arguments.of(CENSUS, null, "message: empty"),
        Arguments.of(CENSUS, census(4, 1, 1).toByteArray(), "shard: 4 (expected: from 0 to 3)"),
        Arguments.of(COMMANDS, status("x".repeat(257)).toByteArray(), "command id: xxx"),
        Arguments.of(COMMANDS, noise, "event: "),
        Arguments.of(COMMANDS, null, "command: empty"),
        Arguments.of(COMMANDS, bytes("{\"id\": 1, \"destroy\": {}}"), "event: "),
        Arguments.of(COMMANDS, bytes("{\"status\": {}}"), "command id: missing"));
  }

  @ParameterizedTest
  @MethodSource("corrupted")
  void whatCannotBeReadIsADeadLetterAndTheStreamGoesOn(
      String topic, byte @Nullable [] value, String reason) {
    try (StreamsDriver driver = Parts.startStore(folder)) {
      driver.send(topic, value, new RecordHeaders());

      Letters.Letter letter = only(Letters.read(driver));
      assertThat(letter.reason()).startsWith(reason);
      assertThat(letter.from()).isEqualTo(topic + "-0@0");
      assertThat(letter.value()).isEqualTo(value == null ? new byte[0] : value);

      driver.send(COMMANDS, status("alive"));
      assertThat(driver.read(Parts.TOPICS.replies(), Reply.parser()))
          .extracting(Reply::getId)
          .containsExactly("alive");
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static void send(StreamsDriver driver, String topic, String text) {
    driver.send(topic, bytes(text), new RecordHeaders());
  }

  private static <T> T only(List<T> list) {
    assertThat(list).hasSize(1);
    return list.getFirst();
  }
}
