package dev.varve.event;

import static dev.varve.testing.Cases.forAll;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.util.JsonFormat;
import dev.varve.base.Bytes;
import dev.varve.schema.Example;
import dev.varve.schema.Feature;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ExampleCodecRefusalTest {
  private static final LimitsConfig LIMITS = new LimitsConfig(Bytes.kib(4), new Bytes(10), 3);

  private final FeatureSet features = new FeatureSet(FeaturesConfig.defaults());
  private final ExampleCodec codec = new ExampleCodec(LIMITS, features);

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "'label': 1, 'features': [F]"
            + "| event_time_ms: missing (expected: milliseconds since 1970)",
        "'event_time_ms': 0, 'label': 1, 'features': [F]"
            + "| event_time_ms: 0 (expected: 1 to 253402300799999)",
        "'event_time_ms': 253402300800000, 'label': 1, 'features': [F]"
            + "| event_time_ms: 253402300800000 (expected: 1 to 253402300799999)",
        "'event_time_ms': 1, 'features': [F] | label: missing (expected: 0 to 1)",
        "'event_time_ms': 1, 'label': 1.01, 'features': [F] | label: 1.01 (expected: 0 to 1)",
        "'event_time_ms': 1, 'label': -0.5, 'features': [F] | label: -0.5 (expected: 0 to 1)",
        "'event_time_ms': 1, 'label': 'NaN', 'features': [F] | label: NaN (expected: 0 to 1)",
        "'event_time_ms': 1, 'label': 'Infinity', 'features': [F]"
            + "| label: Infinity (expected: 0 to 1)",
        "'event_time_ms': 1, 'label': 1, 'weight': 0, 'features': [F]"
            + "| weight: 0.0 (expected: above 0, at most 1000000)",
        "'event_time_ms': 1, 'label': 1, 'weight': 'NaN', 'features': [F]"
            + "| weight: NaN (expected: above 0, at most 1000000)",
        "'event_time_ms': 1, 'label': 1, 'predicted': 'NaN', 'features': [F]"
            + "| predicted: NaN (expected: a finite number)",
        "'event_time_ms': 1, 'label': 1, 'weight': 'Infinity', 'features': [F]"
            + "| weight: Infinity (expected: above 0, at most 1000000)",
        "'event_time_ms': 1, 'label': 1 | features: 0 (expected: at least one)",
      })
  void anExampleThatBreaksARuleIsRefusedWithTheRule(String fields, String reason) {
    String json = "{" + fields.replace("F", "{'name':'item','ids':['1']}") + "}";

    assertThat(refusal(json.replace('\'', '"'))).isEqualTo(reason);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'name':'age','value':'NaN'} | feature age: NaN (expected: a finite number)",
        "{'name':'age','value':'-Infinity'} | feature age: -Infinity (expected: a finite number)",
        "{'name':'a','ids':['x'],'value':1}"
            + "| feature a: ids and value (expected: one of the two)",
        "{'name':'a','int_ids':[0],'value':0}"
            + "| feature a: ids and value (expected: one of the two)",
        "{'name':'a','ids':['x','']} | feature a: an empty id (expected: at least one character)",
        "{'name':'a','ids':['0123456789x']}"
            + "| feature a: an id of 11 characters (expected: at most 10)",
        "{'name':'a','ids':['☃☃☃☃']} | feature a: an id of 4 characters (expected: at most 10)",
        "{'name':'a','ids':['a','b'],'int_ids':[1,2]}" + "| feature a: 4 ids (expected: at most 3)",
        "{'name':'item','ids':['2']}" + "| feature: item (expected: named once in an example)",
        "{'name':'item','value':2} | feature: item (expected: named once in an example)",
        "{'name':'a/b','ids':['1']}"
            + "| feature name: a/b (expected: 1 to 128 characters, no control characters, no"
            + " slash)",
        "{'name':'','ids':['1']}"
            + "| feature name:  (expected: 1 to 128 characters, no control characters, no slash)",
      })
  void aFeatureThatBreaksARuleIsRefusedWithTheRule(String feature, String reason) {
    String json =
        "{'event_time_ms':1,'label':1,'features':[{'name':'item','ids':['1']}," + feature + "]}";

    assertThat(refusal(json.replace('\'', '"'))).isEqualTo(reason);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{",
        "{\"label\": }",
        "{\"label\": [1, 2]}",
        "{\"label\": true}",
        "{\"lable\": 1}",
        "{\"event_time_ms\": 1.5}",
        "{\"event_time_ms\": 1e99999999}",
        "{\"event_time_ms\": 9223372036854775808}",
        "{\"features\": {}}",
        "{\"features\": [{\"value\": 1e999}]}",
        "{\"features\": [null]}",
        "[]",
        "null",
        "hello",
      })
  void whatIsNoExampleIsRefusedAsSuch(String text) {
    assertThat(refusal(text))
        .startsWith("event: ")
        .endsWith("(expected: Example as protobuf or JSON)");
  }

  @Test
  void anUnknownFieldIsNamed() {
    assertThat(refusal("{\"lable\": 1}")).contains("lable");
  }

  @Test
  void aSecondExampleInOneRecordIsRefusedRatherThanLost() {
    String json = "{\"request_id\":\"}\\\"\",\"event_time_ms\":1,\"label\":1}";

    assertThat(refusal(json)).startsWith("features: 0");
    assertThat(refusal(json + "\r\n ")).startsWith("features: 0");
    assertThat(refusal(json + json))
        .startsWith("event: {")
        .endsWith("(expected: nothing behind the closing brace)");
    assertThat(refusal(json + "}"))
        .isEqualTo("event: } (expected: nothing behind the closing brace)");
  }

  @Test
  void nothingAtAllIsAnExampleWithoutATime() {
    assertThat(refusal("")).startsWith("event_time_ms: missing");
    assertThat(refusal("{}")).startsWith("event_time_ms: missing");
  }

  @Test
  void bytesThatAreNoUtf8AreRefused() {
    byte[] json = "{\"request_id\": \"?\"}".getBytes(StandardCharsets.US_ASCII);
    json[16] = (byte) 0xFF;

    assertThat(refusal(json)).endsWith("(expected: Example as protobuf or JSON)");
  }

  @Test
  void jsonThatIsNestedDeeplyIsRefused() {
    assertThat(refusal("{\"features\":" + "[".repeat(4000)))
        .endsWith("(expected: Example as protobuf or JSON)");
    assertThat(refusal("{\"features\":[" + "{\"ids\":[".repeat(400)))
        .endsWith("(expected: Example as protobuf or JSON)");
  }

  @Test
  void aProtobufMessageCutAnywhereIsNeverTakenForTheWhole() {
    byte[] bytes = Examples.example("12345").build().toByteArray();

    for (int length = 0; length < bytes.length; length++) {
      assertThat(refusal(Arrays.copyOf(bytes, length))).isNotEmpty();
    }
  }

  @Test
  void anEventMayBeAsLargeAsTheLimitAndNoLarger() throws Exception {
    Example example = Examples.example("1").setRequestId("r".repeat(4000)).build();
    int spare = 4096 - example.getSerializedSize();
    String fitting = "r".repeat(4000 + spare);
    byte[] largest = example.toBuilder().setRequestId(fitting).build().toByteArray();

    assertThat(largest).hasSize(4096);
    assertThat(codec.decode(largest).keys()).hasSize(1);
    assertThat(refusal(Arrays.copyOf(largest, 4097)))
        .isEqualTo("event: 4097 bytes (expected: at most 4KiB)");
  }

  @Test
  void anIdMayBeAsLongAsTheLimitInBytes() throws Exception {
    assertThat(codec.decode(Examples.example("0123456789").build().toByteArray()).keys())
        .containsExactly(Category.key("0123456789"));
    assertThat(codec.decode(Examples.example("☃☃☃").build().toByteArray()).keys())
        .containsExactly(Category.key("☃☃☃"));
    assertThat(refusal(Examples.example("😀😀😀").build().toByteArray()))
        .isEqualTo("feature item: an id of 6 characters (expected: at most 10)");
  }

  @Test
  void aLongFeatureNameDoesNotMakeALongReason() {
    Example example =
        Examples.example("1")
            .addFeatures(Feature.newBuilder().setName("n".repeat(3000)).addIds(""))
            .build();

    assertThat(refusal(example.toByteArray()).length()).isLessThan(400);
  }

  @Test
  void aRefusedExampleMakesNoFeatureKnown() {
    var closed = new FeatureSet(new FeaturesConfig(9, true, Map.of("a", FeatureKind.NUMERICAL)));
    var small = new FeatureSet(new FeaturesConfig(2, false, Map.of("a", FeatureKind.NUMERICAL)));
    Example bad =
        Examples.example("1").addFeatures(feature("other")).addFeatures(feature("a")).build();
    Example large = Examples.example("1").addFeatures(feature("other")).build();

    assertThat(refusal(new ExampleCodec(LIMITS, closed), large.toByteArray())).contains("closed");
    assertThat(refusal(new ExampleCodec(LIMITS, small), large.toByteArray()))
        .contains("features.max");
    assertThat(refusal(new ExampleCodec(LIMITS, small), bad.toByteArray())).isNotEmpty();
    assertThat(closed.size()).isEqualTo(1);
    assertThat(small.size()).isEqualTo(1);
  }

  /** The codec looks a feature up first where the example before had it. */
  @Test
  void aRefusedExampleMakesNoFeatureKnownInThePlaceOfAKnownOne() throws Exception {
    features.get("a", FeatureKind.NUMERICAL);
    features.get("item", FeatureKind.CATEGORICAL);
    var _ = codec.decode(Examples.example("1").build().toByteArray());
    Example bad =
        Example.newBuilder()
            .setEventTimeMs(1)
            .setLabel(0)
            .addFeatures(feature("new"))
            .addFeatures(feature("a"))
            .build();

    assertThat(refusal(bad.toByteArray()))
        .isEqualTo("feature a: categorical (expected: numerical)");
    assertThat(features.isKnown("new")).isFalse();
  }

  @Test
  void aFeatureOfTheWrongKindIsRefusedAlsoAmongKnownOnes() throws Exception {
    features.get("item", FeatureKind.NUMERICAL);

    assertThat(refusal(Examples.example("1").build().toByteArray()))
        .isEqualTo("feature item: categorical (expected: numerical)");
    features.get("other", FeatureKind.CATEGORICAL);
    assertThat(
            refusal(
                Example.newBuilder()
                    .setEventTimeMs(1)
                    .setLabel(0)
                    .addFeatures(feature("other"))
                    .addFeatures(feature("other"))
                    .build()
                    .toByteArray()))
        .isEqualTo("feature: other (expected: named once in an example)");
  }

  @Test
  void aKnownNumberGivenTwiceIsRefused() throws Exception {
    features.get("age", FeatureKind.NUMERICAL);
    var age = Feature.newBuilder().setName("age").setValue(1);
    Example twice =
        Example.newBuilder()
            .setEventTimeMs(1)
            .setLabel(0)
            .addFeatures(age)
            .addFeatures(age)
            .build();

    assertThat(refusal(twice.toByteArray()))
        .isEqualTo("feature: age (expected: named once in an example)");
  }

  @Test
  void aRefusalLeavesTheCodecFitForTheNextExample() throws Exception {
    refusal("{");
    refusal(Examples.example("").build().toByteArray());

    assertThat(codec.decode(Examples.example("1").build().toByteArray()).keys()).hasSize(1);
  }

  @Test
  void bytesOfAnyKindAreAnExampleOrRefused() {
    forAll(
        3_000,
        random -> {
          byte[] bytes = new byte[random.nextInt(200)];
          random.nextBytes(bytes);
          if (bytes.length > 0 && random.nextInt(4) == 0) {
            bytes[0] = '{';
          }
          decodeOrRefuse(bytes);
        });
  }

  @Test
  void examplesWithFlippedBytesAreExamplesOrRefused() {
    forAll(
        3_000,
        random -> {
          Example example = Examples.random(random);
          byte[] bytes =
              random.nextBoolean()
                  ? example.toByteArray()
                  : JsonFormat.printer().print(example).getBytes(StandardCharsets.UTF_8);
          for (int flips = random.nextInt(1, 5); flips > 0; flips--) {
            bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
          }
          decodeOrRefuse(bytes);
        });
  }

  /** Fails on anything thrown that is no refusal. */
  private void decodeOrRefuse(byte[] bytes) {
    int known = features.size();
    try {
      KeyedExample example = codec.decode(bytes);
      assertThat(example.label()).isBetween(0f, 1f);
      assertThat(example.weight()).isGreaterThan(0);
      for (float value : example.values()) {
        assertThat(value).isFinite();
      }
    } catch (RefusedEventException e) {
      assertThat(e).hasMessageContaining("(expected: ");
      assertThat(features.size()).isEqualTo(known);
    }
  }

  private static Feature feature(String name) {
    return Feature.newBuilder().setName(name).addIds("1").build();
  }

  private String refusal(String event) {
    return refusal(event.getBytes(StandardCharsets.UTF_8));
  }

  private String refusal(byte[] event) {
    return refusal(codec, event);
  }

  private String refusal(ExampleCodec codec, byte[] event) {
    int known = features.size();
    var refused = catchThrowableOfType(RefusedEventException.class, () -> codec.decode(event));
    assertThat(refused).isNotNull();
    assertThat(features.size()).isEqualTo(known);
    return String.valueOf(refused.getMessage());
  }
}
