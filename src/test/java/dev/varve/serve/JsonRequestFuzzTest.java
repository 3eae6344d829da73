package dev.varve.serve;

import static dev.varve.testing.Cases.forAll;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/** Whatever the bytes, they are a lookup or a refusal that says why. */
class JsonRequestFuzzTest {
  private static final int MAX_IDS = 100;

  private static final byte[] GOOD =
      """
      {"id": "r-1", "parameters": {"a": [1, {"b": null}]},
       "inputs": [{"name": "ids", "datatype": "BYTES", "shape": [5],
                   "data": ["7", "é\\u00fc\\n", -12, 9223372036854775808, ""]}],
       "outputs": [{"name": "embeddings"}, {"name": "status", "parameters": {"x": 1.5e3}}]}
      """
          .getBytes(UTF_8);

  private static final byte[] BINARY =
      """
      {"inputs": [{"name": "ids", "datatype": "BYTES", "shape": [1],
                   "parameters": {"binary_data_size": 5}}],
       "parameters": {"binary_data_output": true},
       "outputs": [{"name": "embeddings", "parameters": {"binary_data": false}}]}
      """
          .getBytes(UTF_8);

  private static final byte[] FEAST =
      """
      {"features": ["user:embedding", "item:status"], "full_feature_names": true, "x": [1, {}],
       "entities": {"user": ["7", -12, 9223372036854775808], "item": ["é", "", "\\u00fc"]}}
      """
          .getBytes(UTF_8);

  private static final byte[] POOLED =
      """
      {"inputs": [{"name": "ids", "shape": [2, 3], "datatype": "INT64",
                   "data": [7, -12, 0, 1, 2, 3]}],
       "parameters": {"pooling": "mean", "pad": 0, "max_staleness_ms": 500,
                      "embeddings_datatype": "FP16", "timeout": 5},
       "outputs": [{"name": "dims"}, {"name": "event_time_ms"}]}
      """
          .getBytes(UTF_8);

  private static final byte[] EXAMPLES =
      """
      {"inputs": [{"name": "user", "shape": [2], "datatype": "INT64", "data": [7, -12]},
                  {"name": "tag", "shape": [2, 2], "datatype": "BYTES", "data": ["a", "", 3, "b"]},
                  {"name": "price", "shape": [2], "datatype": "FP32", "data": [1.5, 3]}],
       "parameters": {"pad": 0}, "outputs": [{"name": "probability"}]}
      """
          .getBytes(UTF_8);

  private final FakeRows rows = new FakeRows();

  private static final String[] FRAGMENTS = {
    "[1,",
    ",0]",
    "-1",
    "4294967296",
    "\"pooling\"",
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"",
    "\\",
    "null",
    "true",
    "-",
    "1e999",
    "0x1",
    "NaN",
    "\\u12",
    "\"ids\"",
    "\"shape\"",
    "\"data\"",
    "INT64",
    "99999999999999999999999",
    "[[[[",
    "\u0000",
    "é"
  };

  @Test
  void mutatedRequestIsReadOrRefusedWithAReason() {
    assertThat(isRefused(GOOD)).isFalse();
    assertThat(isRefused(POOLED)).isFalse();
    var refused = new AtomicInteger();
    forAll(
        10_000,
        random -> {
          byte[] body = random.nextBoolean() ? GOOD : POOLED;
          for (int edits = random.nextInt(1, 5); edits > 0; edits--) {
            body = mutate(body, random);
          }
          refused.addAndGet(isRefused(body) ? 1 : 0);
        });
    assertThat(refused.get()).isBetween(5_000, 9_999);
  }

  /** Whatever share of the bytes is called JSON, and whatever stands behind it. */
  @Test
  void mutatedBinaryRequestIsReadOrRefusedWithAReason() {
    byte[] good = splice(BINARY, BINARY.length, BINARY.length, new byte[] {1, 0, 0, 0, 'a'});
    assertThat(isRefused(good, BINARY.length)).isFalse();
    var refused = new AtomicInteger();
    forAll(
        5_000,
        random -> {
          byte[] body = good;
          for (int edits = random.nextInt(1, 4); edits > 0; edits--) {
            body = mutate(body, random);
          }
          int about = BINARY.length + random.nextInt(-1, 2);
          int jsonBytes = Math.min(body.length, random.nextInt(4) == 0 ? about : BINARY.length);
          refused.addAndGet(isRefused(body, jsonBytes) ? 1 : 0);
        });
    assertThat(refused.get()).isBetween(2_500, 4_999);
  }

  @Test
  void mutatedFeastRequestIsReadOrRefusedWithAReason() {
    assertThat(isRefused(() -> readFeast(FEAST))).isFalse();
    var refused = new AtomicInteger();
    forAll(
        5_000,
        random -> {
          byte[] body = FEAST;
          for (int edits = random.nextInt(1, 5); edits > 0; edits--) {
            body = mutate(body, random);
          }
          byte[] mutated = body;
          refused.addAndGet(isRefused(() -> readFeast(mutated)) ? 1 : 0);
        });
    assertThat(refused.get()).isBetween(2_500, 4_999);
  }

  @Test
  void mutatedExamplesAreReadOrRefusedWithAReason() {
    assertThat(areRefused(EXAMPLES)).isFalse();
    var refused = new AtomicInteger();
    forAll(
        10_000,
        random -> {
          byte[] body = EXAMPLES;
          for (int edits = random.nextInt(1, 4); edits > 0; edits--) {
            body = mutate(body, random);
          }
          refused.addAndGet(areRefused(body) ? 1 : 0);
        });
    assertThat(refused.get()).isBetween(5_000, 9_999);
    assertThat(rows.features().size()).as("asking teaches nothing").isEqualTo(5);
  }

  private boolean areRefused(byte[] body) {
    return isRefused(
        () -> {
          var inputs = new ScoreInputs(rows.features(), MAX_IDS);
          var head = JsonRequestReader.read("score", "", body, body.length, inputs).head();
          assertThat(inputs.examples(head.parameters().pad(), 1)).hasSizeLessThanOrEqualTo(MAX_IDS);
        });
  }

  @Test
  void everyTrueBeginningOfARequestIsRefused() {
    int end = new String(GOOD, UTF_8).stripTrailing().getBytes(UTF_8).length;
    for (int length = 0; length < end; length++) {
      assertThat(isRefused(Arrays.copyOf(GOOD, length))).as("%d bytes", length).isTrue();
    }
  }

  @Test
  void deepNestingIsRefusedOrSkippedButNeverOverflowsTheStack() {
    String deep = "[".repeat(100_000);

    assertThat(isRefused(("{\"parameters\": " + deep).getBytes(UTF_8))).isTrue();
    assertThat(isRefused(deep.getBytes(UTF_8))).isTrue();
  }

  private static boolean isRefused(byte[] body) {
    return isRefused(body, body.length);
  }

  private static boolean isRefused(byte[] body, int jsonBytes) {
    return isRefused(() -> read(body, jsonBytes));
  }

  private static void read(byte[] body, int jsonBytes) {
    var inputs = new LookupInputs(MAX_IDS);
    var request =
        inputs.request(JsonRequestReader.read("user", "", body, jsonBytes, inputs).head());
    assertThat(request.keys().length).isLessThanOrEqualTo(MAX_IDS);
    assertThat(request.shape()[0]).isBetween(0L, (long) MAX_IDS);
    assertThat(Arrays.stream(request.shape()).reduce(1, (a, b) -> a * b))
        .isEqualTo(request.keys().length);
    assertThat(request.outputs()).isNotEmpty().doesNotHaveDuplicates();
  }

  private static boolean isRefused(Runnable reading) {
    try {
      reading.run();
      return false;
    } catch (RefusedException e) {
      var failure = Failure.of(e);
      assertThat(failure.outcome()).isIn(Outcome.MALFORMED, Outcome.NOT_FOUND, Outcome.TOO_LARGE);
      assertThat(failure.message()).matches("(?s)\\S+: .+ \\(expected: .+\\)").hasSizeLessThan(400);
      return true;
    }
  }

  private static void readFeast(byte[] body) {
    FeastRequest request = FeastRequestReader.read(body, MAX_IDS);
    int rows = request.entities().getFirst().ids().size();
    assertThat(rows * request.tables().size()).isLessThanOrEqualTo(MAX_IDS);
    for (String table : request.tables()) {
      assertThat(request.entity(table).keys()).hasSize(rows);
    }
  }

  private static byte[] mutate(byte[] body, RandomGenerator random) {
    int from = random.nextInt(body.length + 1);
    int to = Math.min(body.length, from + random.nextInt(12));
    return switch (random.nextInt(5)) {
      case 0 -> splice(body, from, to, new byte[0]);
      case 1 -> splice(body, from, from, fragment(random));
      case 2 -> splice(body, from, to, fragment(random));
      case 3 -> splice(body, from, from, Arrays.copyOfRange(body, from, to));
      default -> flipped(body, random);
    };
  }

  private static byte[] fragment(RandomGenerator random) {
    return FRAGMENTS[random.nextInt(FRAGMENTS.length)].getBytes(UTF_8);
  }

  private static byte[] flipped(byte[] body, RandomGenerator random) {
    byte[] changed = body.clone();
    if (changed.length > 0) {
      changed[random.nextInt(changed.length)] = (byte) random.nextInt();
    }
    return changed;
  }

  private static byte[] splice(byte[] body, int from, int to, byte[] put) {
    byte[] changed = Arrays.copyOf(body, body.length - (to - from) + put.length);
    System.arraycopy(put, 0, changed, from, put.length);
    System.arraycopy(body, to, changed, from + put.length, body.length - to);
    return changed;
  }
}
