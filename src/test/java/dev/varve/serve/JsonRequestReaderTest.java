package dev.varve.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.event.Category;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JsonRequestReaderTest {
  private static final int MAX_IDS = 4;

  @Test
  void readsFieldsInAnyOrder() {
    var request =
        read(
            """
            {"outputs": [{"parameters": {"binary_data": false}, "name": "status"}],
             "inputs": [{"data": ["a", 7], "shape": [2], "datatype": "BYTES", "name": "ids"}],
             "id": "r"}
            """);

    assertThat(request.table()).isEqualTo("user");
    assertThat(request.version()).isEqualTo("3");
    assertThat(request.id()).isEqualTo("r");
    assertThat(request.keys()).containsExactly(Category.key("a"), Category.key("7"));
    assertThat(request.outputs()).containsExactly(Output.STATUS);
  }

  @Test
  void numberIsTakenAsItsDecimalText() {
    var request = read(lookup("BYTES", 4, "-0, 9223372036854775807, -1, 18446744073709551615"));

    assertThat(request.keys())
        .containsExactly(
            Category.key("0"),
            Category.key("9223372036854775807"),
            Category.key("-1"),
            Category.key("18446744073709551615"));
  }

  @Test
  void escapedAndPlainTextAreOneId() {
    var request = read(lookup("BYTES", 2, "\"\\u00fc\\/\", \"ü/\""));

    assertThat(request.keys()).containsExactly(Category.key("ü/"), Category.key("ü/"));
  }

  @Test
  void parametersFieldsOfOthersAndNullsAreNoReasonToRefuse() {
    var request =
        read(
            """
            {"id": null, "outputs": null, "model_name": "user", "parameters": {"x": [[1]], "pad": null},
             "inputs": [{"name": "ids", "datatype": "INT64", "shape": [1], "parameters": null,
                         "x": {"y": []}, "data": [7]}]}
            """);

    assertThat(request.id()).isEmpty();
    assertThat(request.outputs()).isEqualTo(List.of(Output.EMBEDDINGS, Output.STATUS));
  }

  @Test
  void emptyListOfOutputsMeansAll() {
    String json = lookup("INT64", 1, "7").replaceFirst("\\{", "{\"outputs\": [],");

    assertThat(read(json).outputs()).isEqualTo(OutputSet.LOOKUP.usual());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "[]                         | body: [ (expected: a JSON object)",
        "{}                         | inputs: none (expected: one input, ids)",
        "{\"inputs\": null}         | inputs: null (expected: an array)",
        "{\"inputs\": []}           | inputs: none (expected: one input, ids)",
        "{\"inputs\": [{},{}]}      | inputs: more than one (expected: one input, ids)",
        "{\"inputs\": [{}]}         | inputs[0].name: none (expected: ids)",
        "{\"id\": 5}                | id: 5 (expected: a string)",
        "{\"outputs\": [{}]}        | outputs: none (expected: one of embeddings, status, dims,"
            + " event_time_ms)",
        "{\"outputs\": [5]}         | outputs[]: 5 (expected: an object)",
        "{\"outputs\": {}}          | outputs: { (expected: an array)",
      })
  void wrongStructureIsRefused(String json, String message) {
    assertRefused(json, message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"name\": \"x\"         | inputs[0].name: x (expected: ids)",
        "\"name\": 5             | inputs[0].name: 5 (expected: a string)",
        "\"datatype\": \"INT32\" | inputs[0].datatype: INT32 (expected: BYTES or INT64)",
        "\"shape\": []           | inputs[0].shape: none (expected: [n] or [n, k], sizes of 0 or"
            + " more)",
        "\"shape\": [1, 2, 1]    | inputs[0].shape: more than two sizes (expected: [n] or [n, k],"
            + " sizes of 0 or more)",
        "\"shape\": [2, -1]      | inputs[0].shape: [2, -1] (expected: [n] or [n, k], sizes of 0 or"
            + " more)",
        "\"shape\": [99999999999999999999] | inputs[0].shape: 99999999999999999999 (expected: [n]"
            + " or [n, k], sizes of 0 or more)",
        "\"shape\": [4294967296, 4294967296] | inputs[0]: [4294967296, 4294967296] ids (expected:"
            + " at most 4, serve.max-ids)",
        "\"shape\": [5, 0]       | inputs[0]: [5, 0] ids (expected: at most 4, serve.max-ids)",
        "\"shape\": [3, 2]       | inputs[0]: [3, 2] ids (expected: at most 4, serve.max-ids)",
        "\"shape\": [2, 2]       | inputs[0]: 2 ids of BYTES (expected: 4 by its shape)",
        "\"shape\": [2, 0]       | inputs[0]: 2 ids of BYTES (expected: 0 by its shape)",
        "\"shape\": [-1]         | inputs[0].shape: [-1] (expected: [n] or [n, k], sizes of 0 or"
            + " more)",
        "\"shape\": [2.0]        | inputs[0].shape: 2.0 (expected: [n] or [n, k], sizes of 0 or"
            + " more)",
        "\"shape\": [3]          | inputs[0]: 2 ids of BYTES (expected: 3 by its shape)",
        "\"shape\": [5]          | inputs[0]: 5 ids (expected: at most 4, serve.max-ids)",
        "\"data\": \"a\"         | inputs[0].data: a (expected: a flat array)",
        "\"data\": [\"a\"]       | inputs[0]: 1 ids of BYTES (expected: 2 by its shape)",
        "\"data\": [\"a\", 1.5]  | inputs[0].data[1]: 1.5 (expected: a string or an integer)",
        "\"data\": [[1], [2]]    | inputs[0].data[0]: [ (expected: a string or a number)",
        "\"data\": [null, 1]     | inputs[0].data[0]: null (expected: a string or a number)",
        "\"data\": [1,2,3,4,5]   | inputs[0]: more ids (expected: at most 4, serve.max-ids)",
      })
  void wrongTensorIsRefused(String field, String message) {
    String good =
        """
        {"inputs": [{"name": "ids", "datatype": "BYTES", "shape": [2], "data": ["a", "b"]}]}
        """;
    assertThat(read(good).keys()).hasSize(2);
    String name = field.substring(0, field.indexOf(':'));

    assertRefused(good.replaceFirst(name + ": (\\[[^]]*]|\"[^\"]*\")", field), message);
  }

  @Test
  void idsMayBeATable() {
    assertThat(read(table("2, 2", "1, 2, 3, 4", "{}")).shape()).containsExactly(2, 2);
    assertThat(read(table("4, 0", "", "{}")).shape()).containsExactly(4, 0);
    assertThat(read(table("0, 4", "", "{}")).shape()).containsExactly(0, 4);
  }

  @Test
  void parametersSayWhatIsAskedFor() {
    String all =
        """
        {"pooling": "mean", "pad": -1, "max_staleness_ms": 0, "embeddings_datatype": "FP16",
         "sequence_id": 0, "priority": 3, "timeout": 9, "binary_data_output": false}
        """;
    var parameters = read(table("1, 2", "1, 2", all)).parameters();

    assertThat(parameters.pooling()).isEqualTo(Pooling.MEAN);
    assertThat(parameters.pad()).isEqualTo(Category.key("-1"));
    assertThat(parameters.maxStalenessMs()).isZero();
    assertThat(parameters.datatype()).isEqualTo(Datatype.FP16);

    var usual = read(table("1, 2", "1, 2", "{}")).parameters();
    assertThat(usual.pooling()).isNull();
    assertThat(usual.pad()).isEqualTo(Category.key(""));
    assertThat(usual.maxStalenessMs()).isNull();
    assertThat(usual.datatype()).isEqualTo(Datatype.FP32);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "max_staleness_ms | -1      | milliseconds, an integer of 0 or more",
        "max_staleness_ms | 1.5     | milliseconds, an integer of 0 or more",
        "max_staleness_ms | \"5\" | milliseconds, an integer of 0 or more",
        "max_staleness_ms | 9223372036854775808 | milliseconds, an integer of 0 or more",
        "pooling          | \"max\" | sum or mean",
        "pooling          | 1       | sum or mean",
        "pad              | true    | an id, a text or an integer",
        "pad              | 1.5     | an id, a text or an integer",
        "embeddings_datatype | \"BF16\" | FP32 or FP16",
      })
  void aParameterOfAnotherKindIsRefused(String name, String value, String rule) {
    assertRefused(
        table("1, 1", "1", "{\"%s\": %s}".formatted(name, value)),
        "parameters.%s: %s (expected: %s)".formatted(name, value.replace("\"", ""), rule));
  }

  @Test
  void poolingNeedsATable() {
    assertRefused(
        table("2", "1, 2", "{\"pooling\": \"sum\"}"),
        "inputs[0].shape: [2] (expected: [n, k], as pooling is asked for)");
  }

  private static String table(String shape, String ids, String parameters) {
    return """
    {"inputs": [{"name": "ids", "datatype": "INT64", "shape": [%s], "data": [%s]}],
     "parameters": %s}
    """
        .formatted(shape, ids, parameters);
  }

  @Test
  void missingPartsOfTheTensorAreNamed() {
    assertRefused(
        "{\"inputs\": [{\"name\": \"ids\"}]}",
        "inputs[0].datatype: none (expected: BYTES or INT64)");
    assertRefused(
        "{\"inputs\": [{\"name\": \"ids\", \"datatype\": \"BYTES\"}]}",
        "inputs[0].shape: none (expected: [n] or [n, k], sizes of 0 or more)");
  }

  @Test
  void int64TakesIntegersOf64BitsOnly() {
    assertRefused(
        lookup("INT64", 2, "7, \"7\""), "inputs[0].data[1]: 7 (expected: an integer of 64 bits)");
    assertRefused(
        lookup("INT64", 1, "9223372036854775808"),
        "inputs[0].data[0]: 9223372036854775808 (expected: an integer of 64 bits)");
  }

  @Test
  void moreThanOneJsonValueIsRefused() {
    assertRefused(
        lookup("INT64", 1, "7") + "{}", "body: { (expected: nothing after its closing brace)");
  }

  @Test
  void doubledFieldsAndOutputsAreRefused() {
    assertRefused(
        "{\"id\": \"a\", \"id\": \"b\"}",
        "body: Duplicate field 'id' at line 1, column 17 (expected: an inference request in JSON)");
    assertRefused(
        "{\"outputs\": [{\"name\": \"status\"}, {\"name\": \"status\"}]}",
        "outputs: 2 names (expected: each output once)");
  }

  @Test
  void longValuesAreQuotedShortened() {
    assertThatThrownBy(() -> read("{\"outputs\": [{\"name\": \"" + "x".repeat(5000) + "\"}]}"))
        .hasMessage(
            "outputs: %s... (5000 characters) (expected: one of embeddings, status, dims, event_time_ms)"
                .formatted("x".repeat(200)));
  }

  private static void assertRefused(String json, String message) {
    assertThatThrownBy(() -> read(json)).isInstanceOf(RefusedException.class).hasMessage(message);
  }

  private static LookupRequest read(String json) {
    byte[] body = json.getBytes(StandardCharsets.UTF_8);
    var inputs = new LookupInputs(MAX_IDS);
    return inputs.request(JsonRequestReader.read("user", "3", body, body.length, inputs).head());
  }

  private static String lookup(String datatype, int n, String ids) {
    return """
    {"inputs": [{"name": "ids", "datatype": "%s", "shape": [%d], "data": [%s]}]}
    """
        .formatted(datatype, n, ids);
  }
}
