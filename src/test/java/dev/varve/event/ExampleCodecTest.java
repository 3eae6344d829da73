package dev.varve.event;

import static dev.varve.testing.Cases.forAll;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.protobuf.util.JsonFormat;
import dev.varve.schema.Example;
import dev.varve.schema.Feature;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class ExampleCodecTest {
  private final FeatureSet features = new FeatureSet(FeaturesConfig.defaults());
  private final ExampleCodec codec = new ExampleCodec(LimitsConfig.defaults(), features);

  @Test
  void anExampleIsPutIntoTheTrainersTerms() throws Exception {
    KeyedExample example =
        decode(
            """
            {"event_time_ms": 1700000000000, "label": 1, "weight": 2.5, "features": [
              {"name": "user", "ids": ["u1"]},
              {"name": "age", "value": 100},
              {"name": "tags", "ids": ["x", "y"], "int_ids": [7]},
              {"name": "debt", "value": -100}]}
            """);

    assertThat(example.eventTimeMs()).isEqualTo(1_700_000_000_000L);
    assertThat(example.label()).isEqualTo(1);
    assertThat(example.weight()).isEqualTo(2.5f);
    assertThat(names(example.fields())).containsExactly("user", "tags");
    assertThat(example.ends()).containsExactly(1, 4);
    assertThat(example.keys())
        .containsExactly(Category.key("u1"), Category.key("x"), Category.key("y"), Category.key(7));
    assertThat(names(example.numericals())).containsExactly("age", "debt");
    assertThat(example.values()[0]).isCloseTo((float) Math.log(101), within(1e-6f));
    assertThat(example.values()[1]).isCloseTo((float) -Math.log(101), within(1e-6f));
  }

  @Test
  void withoutAWeightAnExampleCountsOnce() throws Exception {
    assertThat(
            decode(
                    """
                    {"event_time_ms": 1, "label": 0, "features": [{"name": "a", "ids": ["1"]}]}
                    """)
                .weight())
        .isEqualTo(1);
  }

  @Test
  void aFeatureWithoutIdsAndValueIsAbsent() throws Exception {
    KeyedExample example =
        decode(
            """
            {"event_time_ms": 1, "label": 0, "features": [
              {"name": "history"}, {"name": "a", "ids": ["1"]}, {"name": "empty", "ids": []}]}
            """);

    assertThat(names(example.fields())).containsExactly("a");
    assertThat(features.size()).isEqualTo(1);
  }

  @Test
  void fieldNamesMayBeSnakeCaseOrCamelCaseAndNumbersMayBeTexts() throws Exception {
    assertSame(
        decode(
            """
            {"event_time_ms": 5, "label": 1, "features": [{"name": "a", "int_ids": [3, -4]}]}
            """),
        decode(
            """
            {"eventTimeMs": "5", "label": "1.0", "features": [{"name": "a", "intIds": ["3", -4]}]}
            """));
  }

  @Test
  void idsWrittenAsNumbersInJsonAreTheirTexts() throws Exception {
    assertSame(
        decode(
            """
            {"event_time_ms": 5, "label": 1, "features": [{"name": "a", "ids": [42, "7"]}]}
            """),
        decode(
            """
            {"event_time_ms": 5, "label": 1, "features": [{"name": "a", "int_ids": [42, 7]}]}
            """));
  }

  @Test
  void protobufAndJsonGiveTheSameExample() {
    forAll(
        200,
        random -> {
          Example example = Examples.random(random);
          String json = JsonFormat.printer().print(example);
          String snakeCase = JsonFormat.printer().preservingProtoFieldNames().print(example);
          KeyedExample decoded = codec.decode(example.toByteArray());
          assertSame(decoded, decode(json));
          assertSame(decoded, decode(" \t\r\n" + snakeCase));
          assertThat(decoded.eventTimeMs()).isEqualTo(example.getEventTimeMs());
          int ids = 0;
          for (Feature feature : example.getFeaturesList()) {
            ids += feature.getIdsCount() + feature.getIntIdsCount();
          }
          assertThat(decoded.keys()).hasSize(ids);
        });
  }

  @Test
  void aRequestIdOfAnyLengthIsNoSignOfJson() throws Exception {
    for (int length = 0; length < 300; length++) {
      for (String begin : List.of("", "{", " {")) {
        String id = begin + "r".repeat(length);
        Example example = Examples.example("1").setRequestId(id).build();
        assertThat(codec.decode(example.toByteArray()).keys()).hasSize(1);
      }
    }
  }

  @Test
  void jsonMayBeginWithANewline() throws Exception {
    assertThat(decode("\n" + JsonFormat.printer().print(Examples.example("1"))).keys()).hasSize(1);
  }

  @Test
  void oneCodecDecodesSmallExamplesBehindLargeOnes() throws Exception {
    var large = Examples.example("first");
    for (int i = 0; i < 100; i++) {
      large.addFeatures(Feature.newBuilder().setName("f" + i).addIntIds(i).addIntIds(-i));
      large.addFeatures(Feature.newBuilder().setName("n" + i).setValue(i));
    }

    KeyedExample first = codec.decode(large.build().toByteArray());
    KeyedExample second = codec.decode(Examples.example("1").build().toByteArray());

    assertThat(first.keys()).hasSize(201);
    assertThat(first.values()).hasSize(100);
    assertThat(second.fields()).hasSize(1);
    assertThat(second.keys()).containsExactly(Category.key("1"));
    assertThat(second.numericals()).isEmpty();
    assertThat(first.keys()[0]).isEqualTo(Category.key("first"));
  }

  private KeyedExample decode(String json) throws RefusedEventException {
    return codec.decode(json.getBytes(StandardCharsets.UTF_8));
  }

  private List<String> names(int[] indexes) {
    return Arrays.stream(indexes).mapToObj(i -> features.get(i).name()).toList();
  }

  private static void assertSame(KeyedExample one, KeyedExample other) {
    assertThat(one).usingRecursiveComparison().ignoringFields("named").isEqualTo(other);
  }
}
