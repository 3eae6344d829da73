package dev.varve.serve;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads the JSON of one lookup: an id becomes its key at once. By the protocol's extension for
 * binary tensors the ids may stand behind the JSON instead, as raw bytes, and outputs may be asked
 * for in that form.
 *
 * <p>Deaf to other fields and parameters, which clients add of their own. A null is as good as a
 * field that is absent: clients that serialize objects send those.
 */
final class JsonRequestReader extends JsonReader {
  private static final String BINARY_SIZE = "inputs[0].parameters.binary_data_size";
  private static final long NO_SIZE = -1;

  /**
   * An output that is asked for.
   *
   * @param binary whether in binary; null for as all are
   */
  private record Asked(Output output, @Nullable Boolean binary) {}

  private final int maxIds;
  private String id = "";
  private List<Asked> outputs = List.of();
  private boolean binaryOutputs;
  private @Nullable IdsTensor ids;
  private boolean hasData;
  private long binarySize = NO_SIZE;

  private JsonRequestReader(JsonParser json, int maxIds) {
    super(json);
    this.maxIds = maxIds;
  }

  /**
   * Reads a request.
   *
   * @param version layout version of the path; empty for the current one
   * @param jsonBytes of the body's beginning that are JSON; what follows is binary
   * @throws RefusedException for every body that is not a valid lookup
   */
  static RestRequest read(String table, String version, byte[] body, int jsonBytes, int maxIds) {
    try (JsonParser json = parser(body, jsonBytes)) {
      ByteBuffer binary = ByteBuffer.wrap(body, jsonBytes, body.length - jsonBytes);
      return new JsonRequestReader(json, maxIds).request(table, version, binary);
    } catch (IOException e) {
      throw notJson(e, "an inference request in JSON");
    }
  }

  private RestRequest request(String table, String version, ByteBuffer binary) throws IOException {
    body(this::field);
    List<Output> asked = Output.asked(outputs.stream().map(Asked::output).toList());
    if (ids == null) {
      throw RefusedException.malformed("inputs", "none", "one, ids");
    }
    readBinary(binary, ids);
    var lookup = new LookupRequest(table, version, id, ids.keys(), asked);
    return new RestRequest(lookup, binary(asked));
  }

  private void readBinary(ByteBuffer binary, IdsTensor to) {
    long size = Math.max(binarySize, 0);
    if (size != binary.remaining()) {
      throw RefusedException.malformed(
          BINARY_SIZE,
          binarySize == NO_SIZE ? "none" : Long.toString(binarySize),
          "%d, the bytes behind the JSON; its end is %s"
              .formatted(binary.remaining(), RestInference.BINARY_HEADER));
    }
    if (binarySize != NO_SIZE) {
      if (hasData) {
        throw RefusedException.malformed("inputs[0].data", "ids", "none beside binary_data_size");
      }
      RawIds.read(binary, "inputs[0].binary_data", to);
    }
  }

  private Set<Output> binary(List<Output> asked) {
    Set<Output> binary = EnumSet.noneOf(Output.class);
    if (binaryOutputs) {
      binary.addAll(asked);
    }
    for (Asked output : outputs) {
      if (output.binary != null && output.binary) {
        binary.add(output.output);
      } else if (output.binary != null) {
        binary.remove(output.output);
      }
    }
    return binary;
  }

  /** Reads parameters; there may be none. */
  private void parameters(String name, Field parameter) throws IOException {
    if (json.currentToken() != JsonToken.VALUE_NULL) {
      require(json.currentToken() == JsonToken.START_OBJECT, name, "an object");
      fields(parameter);
    }
  }

  private void field(String name) throws IOException {
    boolean absent = json.currentToken() == JsonToken.VALUE_NULL;
    switch (name) {
      case "id" -> id = absent ? "" : text("id");
      case "inputs" -> ids = inputs();
      case "outputs" -> outputs = absent ? List.of() : outputs();
      case "parameters" -> parameters("parameters", this::parameter);
      default -> json.skipChildren();
    }
  }

  private void parameter(String name) throws IOException {
    if (name.equals("binary_data_output")) {
      binaryOutputs = flag("parameters.binary_data_output");
    } else {
      json.skipChildren();
    }
  }

  private IdsTensor inputs() throws IOException {
    require(json.currentToken() == JsonToken.START_ARRAY, "inputs", "an array");
    require(json.nextToken() == JsonToken.START_OBJECT, "inputs[0]", "an object");
    var tensor = new IdsTensor(maxIds);
    fields(name -> tensorField(tensor, name));
    require(json.nextToken() == JsonToken.END_ARRAY, "inputs[1]", "one input, ids");
    return tensor;
  }

  private void tensorField(IdsTensor tensor, String name) throws IOException {
    switch (name) {
      case "name" -> tensor.name(text("inputs[0].name"));
      case "datatype" -> tensor.datatype(text("inputs[0].datatype"));
      case "shape" -> tensor.shape(shape());
      case "data" -> data(tensor);
      case "parameters" -> parameters("inputs[0].parameters", this::tensorParameter);
      default -> json.skipChildren();
    }
  }

  private void tensorParameter(String name) throws IOException {
    if (name.equals("binary_data_size")) {
      require(json.currentToken() == JsonToken.VALUE_NUMBER_INT, BINARY_SIZE, "a number of bytes");
      binarySize = json.getLongValue();
      require(binarySize >= 0, BINARY_SIZE, "a number of bytes");
    } else {
      json.skipChildren();
    }
  }

  private long shape() throws IOException {
    String name = "inputs[0].shape";
    String rule = "[n], n ids";
    require(json.currentToken() == JsonToken.START_ARRAY, name, rule);
    require(json.nextToken() == JsonToken.VALUE_NUMBER_INT, name, rule);
    long n = json.getLongValue();
    require(json.nextToken() == JsonToken.END_ARRAY, name, rule);
    return n;
  }

  private void data(IdsTensor tensor) throws IOException {
    require(json.currentToken() == JsonToken.START_ARRAY, "inputs[0].data", "a flat array");
    hasData = true;
    for (int i = 0; json.nextToken() != JsonToken.END_ARRAY; i++) {
      switch (json.currentToken()) {
        case VALUE_STRING -> tensor.add(json.getText());
        case VALUE_NUMBER_INT -> addNumber(tensor);
        default ->
            throw RefusedException.malformed(
                "inputs[0].data[%d]".formatted(i), json.getText(), "a string or an integer");
      }
    }
  }

  private void addNumber(IdsTensor tensor) throws IOException {
    if (json.getNumberType() == JsonParser.NumberType.BIG_INTEGER) {
      // Beyond 64 bits: still a decimal text, as JSON forbids leading zeros.
      tensor.add(json.getText());
    } else {
      tensor.add(json.getLongValue());
    }
  }

  private List<Asked> outputs() throws IOException {
    require(json.currentToken() == JsonToken.START_ARRAY, "outputs", "an array");
    var named = new ArrayList<Asked>();
    while (json.nextToken() != JsonToken.END_ARRAY) {
      require(json.currentToken() == JsonToken.START_OBJECT, "outputs[]", "an object");
      named.add(new AskedOutput().read());
    }
    return named;
  }

  /** One of the outputs while it is read. */
  private final class AskedOutput {
    private String name = "none";
    private @Nullable Boolean binary;

    Asked read() throws IOException {
      fields(this::field);
      return new Asked(Output.of(name), binary);
    }

    private void field(String field) throws IOException {
      switch (field) {
        case "name" -> name = text("outputs[].name");
        case "parameters" -> parameters("outputs[].parameters", this::parameter);
        default -> json.skipChildren();
      }
    }

    private void parameter(String parameter) throws IOException {
      if (parameter.equals("binary_data")) {
        binary = flag("outputs[].parameters.binary_data");
      } else {
        json.skipChildren();
      }
    }
  }
}
