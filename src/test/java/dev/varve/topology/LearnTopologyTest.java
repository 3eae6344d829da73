package dev.varve.topology;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import dev.varve.event.Category;
import dev.varve.event.FeatureKind;
import dev.varve.event.FeaturesConfig;
import dev.varve.layout.Layouts;
import dev.varve.learn.TopCategories;
import dev.varve.schema.DenseDelta;
import dev.varve.schema.DenseModel;
import dev.varve.schema.Example;
import dev.varve.schema.Parameters;
import dev.varve.schema.Quality;
import dev.varve.schema.SourceQuality;
import dev.varve.schema.TableUpdate;
import dev.varve.schema.UpdateBatch;
import dev.varve.testing.StreamsDriver;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The application learn, fed with examples. */
class LearnTopologyTest {
  private static final String EXAMPLES = Parts.TOPICS.examples();
  private static final String UPDATES = Parts.TOPICS.updates();
  private static final int LARGE = 32;

  @TempDir private Path folder;

  private final Parts.Learn learn = new Parts.Learn(FeaturesConfig.defaults(), LARGE);

  private StreamsDriver start(Parts.Learn application) {
    StreamsDriver driver = application.start(folder);
    driver.send(Parts.TOPICS.layout(), Layouts.first(Parts.DIMENSION));
    return driver;
  }

  private static Example example() {
    return Parts.example(
        Parts.ids("user", "ann"),
        Parts.ids("tags", "red", "green", "blue"),
        Parts.ids("item", "7"),
        Parts.value("age", 40));
  }

  private static byte[] json(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void theCategoriesOfWhatIsLearnedAreCountedByName() {
    try (StreamsDriver driver = start(learn)) {
      driver.send(EXAMPLES, example());
      driver.send(EXAMPLES, example().toBuilder().clearLabel().build());
    }

    assertThat(learn.top.top("tags", 10).orElseThrow().categories())
        .extracting(TopCategories.Category::name, TopCategories.Category::popularity)
        .containsExactlyInAnyOrder(tuple("red", 1.0), tuple("green", 1.0), tuple("blue", 1.0));
  }

  @Test
  void anExampleBecomesUpdateBatchesOnTheShardsThatOwnItsRows() {
    List<String> owned = new ArrayList<>();
    int examples = 0;
    try (StreamsDriver driver = start(learn)) {
      driver.send(EXAMPLES, example());

      List<Integer> partitions = driver.partitions(UPDATES);
      List<UpdateBatch> batches = driver.read(UPDATES, UpdateBatch.parser());
      for (int i = 0; i < batches.size(); i++) {
        UpdateBatch batch = batches.get(i);
        assertThat(batch.getTrainer()).isZero();
        assertThat(batch.getEndOffset()).isEqualTo(1);
        assertThat(batch.getLayoutVersion()).isEqualTo(1);
        assertThat(batch.getEventTimeMs()).isEqualTo(Parts.TIME_MS);
        examples += batch.getExamples();
        for (TableUpdate table : batch.getTablesList()) {
          for (long key : table.getKeysList()) {
            assertThat(partitions.get(i)).isEqualTo(shard(table.getTable(), key));
            owned.add(table.getTable() + ":" + key);
          }
        }
      }
    }
    assertThat(examples).isEqualTo(1);
    assertThat(owned)
        .containsExactlyInAnyOrder(
            "user:" + Category.key("ann"),
            "item:" + Category.key("7"),
            "tags:" + Category.key("red"),
            "tags:" + Category.key("green"),
            "tags:" + Category.key("blue"));
  }

  private static int shard(String table, long key) {
    return Category.shard(table, key, Parts.TOPICS.config().shards());
  }

  @Test
  void denseChangesAndQualityAreSentWithTheCommit() {
    try (StreamsDriver driver = start(learn)) {
      driver.send(EXAMPLES, example().toByteArray(), source("log of May"));

      DenseDelta delta = only(driver.read(Parts.TOPICS.denseDeltas(), DenseDelta.parser()));
      assertThat(delta.getEndOffset()).isEqualTo(1);
      assertThat(delta.getLayoutVersion()).isEqualTo(1);
      assertThat(delta.getChangesList())
          .extracting(Parameters::getName)
          .containsExactlyInAnyOrder(
              "bias", "numerical/age", "basis/user", "basis/item", "basis/tags");

      Quality quality = only(driver.read(Parts.TOPICS.quality(), Quality.parser()));
      assertThat(quality.getEndOffset()).isEqualTo(1);
      assertThat(quality.getSourcesList())
          .singleElement()
          .satisfies(
              of -> {
                assertThat(of.getSource()).isEqualTo("log of May");
                assertThat(of.getExamples()).isEqualTo(1);
                assertThat(of.getRejected()).isZero();
              });
      assertThat(learn.quality.snapshot().examples()).isEqualTo(1);
    }
  }

  @Test
  void aBatchThatIsNotFullIsLearnedInTheTransactionOfItsOffset() {
    try (StreamsDriver driver = start(learn)) {
      for (long offset = 0; offset < 3; offset++) {
        driver.send(EXAMPLES, example());

        assertThat(driver.commits()).isEqualTo(offset + 1);
        assertThat(driver.read(UPDATES, UpdateBatch.parser()))
            .isNotEmpty()
            .extracting(UpdateBatch::getEndOffset)
            .containsOnly(offset + 1);
      }
    }
  }

  @Test
  void aFullBatchIsNotLearnedASecondTimeByTheCommit() {
    try (StreamsDriver driver = start(new Parts.Learn(FeaturesConfig.defaults(), 1))) {
      driver.send(EXAMPLES, example());

      assertThat(driver.read(UPDATES, UpdateBatch.parser()))
          .extracting(UpdateBatch::getExamples)
          .containsOnlyOnce(1);
      assertThat(only(driver.read(Parts.TOPICS.quality(), Quality.parser())).getSources(0))
          .satisfies(of -> assertThat(of.getExamples()).isEqualTo(1));
    }
  }

  static List<Arguments> malformed() {
    return List.of(
        Arguments.of("event: empty", new byte[0]),
        Arguments.of("event: ", json("{")),
        Arguments.of("event: ", json("{\"label\": 1, \"surprise\": 2}")),
        Arguments.of("event: ", new byte[] {-1, -1, -1}),
        Arguments.of("event_time_ms: missing", json("{\"label\": 1}")),
        Arguments.of(
            "label: missing",
            Parts.example(Parts.ids("user", "a")).toBuilder().clearLabel().build().toByteArray()),
        Arguments.of(
            "label: NaN",
            Parts.example(Parts.ids("user", "a")).toBuilder()
                .setLabel(Float.NaN)
                .build()
                .toByteArray()),
        Arguments.of(
            "feature age: NaN", Parts.example(Parts.value("age", Double.NaN)).toByteArray()),
        Arguments.of(
            "event: 1572", Parts.example(Parts.ids("user", "x".repeat(3 << 19))).toByteArray()));
  }

  @ParameterizedTest
  @MethodSource("malformed")
  void aMalformedEventIsADeadLetterAndTheStreamGoesOn(String reason, byte[] event) {
    try (StreamsDriver driver = start(learn)) {
      driver.send(EXAMPLES, event.length == 0 ? null : event, source("log of May"));
      driver.send(EXAMPLES, example());

      Letters.Letter letter = only(Letters.read(driver));
      assertThat(letter.reason()).startsWith(reason).contains(" (expected: ");
      assertThat(letter.from()).isEqualTo(EXAMPLES + "-0@0");
      assertThat(letter.header("varve.source")).isEqualTo("log of May");
      assertThat(letter.value()).isEqualTo(Arrays.copyOf(event, Math.min(event.length, 65_536)));
      assertThat(driver.read(UPDATES, UpdateBatch.parser()))
          .isNotEmpty()
          .extracting(UpdateBatch::getEndOffset)
          .containsOnly(2L);
      assertThat(driver.read(Parts.TOPICS.quality(), Quality.parser()).getFirst().getSources(0))
          .satisfies(of -> assertThat(of.getRejected()).isEqualTo(1));
    }
  }

  /** The batch is full with the last of them, or learned before the commit. */
  @ParameterizedTest
  @ValueSource(ints = {4, LARGE})
  void anExampleThatCannotBePredictedIsADeadLetterAndTheOthersAreLearned(int batchSize) {
    byte[] good = Parts.example(Parts.ids("user", "ann")).toByteArray();
    byte[] bad = Parts.example(Parts.ids("user", "bob"), Parts.value("age", 40)).toByteArray();
    try (StreamsDriver driver = start(new Parts.Learn(FeaturesConfig.defaults(), batchSize))) {
      driver.send(Parts.TOPICS.denseModel(), model(age(Float.NaN)));
      driver.sendUncommitted(EXAMPLES, good, source("log of May"));
      driver.sendUncommitted(EXAMPLES, good, source("log of May"));
      driver.sendUncommitted(EXAMPLES, bad, source("log of June"));
      driver.send(EXAMPLES, good, source("log of May"));

      Letters.Letter letter = only(Letters.read(driver));
      assertThat(letter.reason())
          .isEqualTo("prediction: no number (expected: one; the weights have grown out of bounds)");
      assertThat(letter.from()).isEqualTo(EXAMPLES + "-0@2");
      assertThat(letter.header("varve.source")).isEqualTo("log of June");
      assertThat(letter.value()).isEqualTo(bad);
      List<UpdateBatch> batches = driver.read(UPDATES, UpdateBatch.parser());
      assertThat(batches).extracting(UpdateBatch::getEndOffset).containsOnly(4L);
      assertThat(batches.stream().mapToInt(UpdateBatch::getExamples).sum()).isEqualTo(3);
      assertThat(only(driver.read(Parts.TOPICS.quality(), Quality.parser())).getSourcesList())
          .extracting(
              SourceQuality::getSource, SourceQuality::getExamples, SourceQuality::getRejected)
          .containsExactlyInAnyOrder(tuple("log of May", 3L, 0L), tuple("log of June", 0L, 1L));

      driver.send(EXAMPLES, bad, source("log of June"));
      assertThat(only(Letters.read(driver)).from()).isEqualTo(EXAMPLES + "-0@4");
    }
  }

  @Test
  void aReasonQuotesOnlyTheBeginningOfALongName() {
    try (StreamsDriver driver = start(learn)) {
      driver.send(EXAMPLES, Parts.example(Parts.ids("n".repeat(500_000), "")));

      assertThat(only(Letters.read(driver)).reason())
          .startsWith("feature nnn")
          .hasSizeLessThan(300);
    }
  }

  @Test
  void anUndeclaredFeatureOfAClosedSetIsADeadLetter() {
    var closed = new FeaturesConfig(10, true, Map.of("user", FeatureKind.CATEGORICAL));
    try (StreamsDriver driver = start(new Parts.Learn(closed, LARGE))) {
      driver.send(EXAMPLES, Parts.example(Parts.ids("city", "Ulm")));
      driver.send(EXAMPLES, Parts.example(Parts.ids("user", "ann")));

      assertThat(only(Letters.read(driver)).reason())
          .isEqualTo("feature: city (expected: a declared feature, since features.closed is true)");
      assertThat(driver.read(UPDATES)).hasSize(1);
    }
  }

  @Test
  void aRefusedEventNeedsNoLayout() {
    try (StreamsDriver driver = learn.start(folder)) {
      driver.send(EXAMPLES, json("{"), new RecordHeaders());

      assertThat(Letters.read(driver)).hasSize(1);
      assertThat(driver.commits()).isEqualTo(1);
    }
  }

  @Test
  void withoutALayoutNothingIsLearnedAndNothingIsCommitted() {
    try (StreamsDriver driver = learn.start(folder)) {
      assertThatThrownBy(() -> driver.send(EXAMPLES, example()))
          .rootCause()
          .hasMessage(
              "layout: none within PT0.001S"
                  + " (expected: version 1, published by the store application)");

      assertThat(driver.commits()).isZero();
      assertThat(driver.read(UPDATES)).isEmpty();
    }
  }

  @Test
  void publishedVersionsReachTheProcessNewestFirst() {
    var second = Layouts.first(Parts.DIMENSION).toBuilder().setVersion(2).build();
    var bias = Parameters.newBuilder().setName("bias").addWeights(0.5f).addAccumulators(2);
    var model = DenseModel.newBuilder().setVersion(7).addParameters(bias).build();
    try (StreamsDriver driver = learn.start(folder)) {
      assertThat(learn.layout.version()).isZero();

      driver.send(Parts.TOPICS.layout(), second);
      driver.send(Parts.TOPICS.layout(), Layouts.first(Parts.DIMENSION));
      driver.send(Parts.TOPICS.denseModel(), model);

      assertThat(learn.layout.version()).isEqualTo(2);
      assertThat(learn.dense.version()).isEqualTo(7);
      float[] state = new float[2];
      learn.dense.read("bias", 0, state, 0);
      assertThat(state).containsExactly(0.5f, 2);
    }
  }

  @Test
  void aNumericalFeatureThatIsLearnedAlreadyNeedsNoRoom() {
    var full = new FeaturesConfig(1, false, Map.of("user", FeatureKind.CATEGORICAL));
    try (StreamsDriver driver = start(new Parts.Learn(full, LARGE))) {
      driver.send(Parts.TOPICS.denseModel(), model(age(0)));
      driver.send(EXAMPLES, Parts.example(Parts.value("age", 40)));

      assertThat(Letters.read(driver)).isEmpty();
      assertThat(driver.read(UPDATES)).hasSize(1);
    }
  }

  private static Parameters age(float linearWeight) {
    var age = Parameters.newBuilder().setName("numerical/age");
    age.addWeights(linearWeight).addAccumulators(0);
    for (int i = 0; i < Parts.DIMENSION; i++) {
      age.addWeights(0).addAccumulators(0);
    }
    return age.build();
  }

  private static DenseModel model(Parameters parameters) {
    return DenseModel.newBuilder().setVersion(1).addParameters(parameters).build();
  }

  private static Headers source(String name) {
    return new RecordHeaders().add("varve.source", name.getBytes(StandardCharsets.UTF_8));
  }

  private static <T> T only(List<T> list) {
    assertThat(list).hasSize(1);
    return list.getFirst();
  }
}
