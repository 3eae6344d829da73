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
 * Reads the JSON of one request: an id becomes its key at once. By the protocol's extension for
 * binary tensors inputs may stand behind the JSON instead, as raw bytes, and outputs may be asked
 * for in that form.
 *
 * <p>Deaf to other fields and parameters, which clients add of their own. A null is as good as a
 * field that is absent: clients that serialize objects send those.
 */
final class JsonRequestReader extends JsonReader {
  private static final long NO_SIZE = -1;

  /**
   * An output that is asked for.
   *
   * @param binary whether in binary; null for as all are
   */
  private record Asked(Output output, @Nullable Boolean binary) {}

  private final Inputs inputs;
  private final RequestParameters parameters = new RequestParameters();
  private final List<Tensor> tensors = new ArrayList<>();
  private String id = "";
  private List<Asked> outputs = List.of();
  private boolean binaryOutputs;

  private JsonRequestReader(JsonParser json, Inputs inputs) {
    super(json);
    this.inputs = inputs;
  }

  /**
   * Reads a request.
   *
   * @param version layout version of the path; empty for the current one
   * @param jsonBytes of the body's beginning that are JSON; what follows is binary
   * @param inputs receives them
   * @throws RefusedException for every body that is not a valid request
   */
  static RestRequest read(String model, String version, byte[] body, int jsonBytes, Inputs inputs) {
    try (JsonParser json = parser(body, jsonBytes)) {
      ByteBuffer binary = ByteBuffer.wrap(body, jsonBytes, body.length - jsonBytes);
      return new JsonRequestReader(json, inputs).request(model, version, binary);
    } catch (IOException e) {
      throw notJson(e, "an inference request in JSON");
    }
  }

  private RestRequest request(String model, String version, ByteBuffer binary) throws IOException {
    body(this::field);
    List<Output> asked = inputs.outputs().asked(outputs.stream().map(Asked::output).toList());
    readBinary(binary);
    return new RestRequest(new RequestHead(model, version, id, asked, parameters), binary(asked));
  }

  /** Reads what stands behind the JSON: tensors in the order of the inputs. */
  private void readBinary(ByteBuffer binary) {
    for (int i = 0; i < tensors.size(); i++) {
      Tensor tensor = tensors.get(i);
      boolean isLast = i + 1 == tensors.size();
      long size = Math.max(tensor.binarySize, 0);
      if (size > binary.remaining() || (isLast && size < binary.remaining())) {
        throw RefusedException.malformed(
            tensor.where + ".parameters.binary_data_size",
            tensor.binarySize == NO_SIZE ? "none" : Long.toString(tensor.binarySize),
            "%d, the bytes behind the JSON; its end is %s"
                .formatted(binary.remaining(), RestInference.BINARY_HEADER));
      }
      if (tensor.binarySize != NO_SIZE) {
        if (tensor.hasData) {
          throw RefusedException.malformed(
              tensor.where + ".data", "values", "none beside binary_data_size");
        }
        ByteBuffer bytes = binary.slice(binary.position(), (int) size);
        RawTensor.read(bytes, tensor.where + ".binary_data", tensor.to);
        binary.position(binary.position() + (int) size);
      }
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
      case "inputs" -> inputs();
      case "outputs" -> outputs = absent ? List.of() : outputs();
      case "parameters" -> parameters("parameters", this::parameter);
      default -> json.skipChildren();
    }
  }

  private void parameter(String name) throws IOException {
    if (name.equals("binary_data_output")) {
      binaryOutputs = flag("parameters.binary_data_output");
    } else if (RequestParameters.takes(name)) {
      switch (json.currentToken()) {
        case VALUE_NULL -> {
          // As good as absent.
        }
        case VALUE_STRING -> parameters.set(name, json.getText());
        case VALUE_NUMBER_INT -> {
          if (isLong()) {
            parameters.set(name, json.getLongValue());
          } else {
            parameters.set(name, json.getText());
          }
        }
        default -> throw RequestParameters.refused(name, json.getText());
      }
    } else {
      json.skipChildren();
    }
  }

  private void inputs() throws IOException {
    require(json.currentToken() == JsonToken.START_ARRAY, "inputs", "an array");
    while (json.nextToken() != JsonToken.END_ARRAY) {
      String where = "inputs[%d]".formatted(tensors.size());
      require(json.currentToken() == JsonToken.START_OBJECT, where, "an object");
      var tensor = new Tensor(where, inputs.next());
      tensors.add(tensor);
      fields(tensor::field);
    }
  }

  /** One of the inputs while it is read. */
  private final class Tensor {
    private final String where;
    private final InputTensor to;
    private boolean hasData;
    private long binarySize = NO_SIZE;

    Tensor(String where, InputTensor to) {
      this.where = where;
      this.to = to;
    }

    private void field(String name) throws IOException {
      switch (name) {
        case "name" -> to.name(text(where + ".name"));
        case "datatype" -> to.datatype(text(where + ".datatype"));
        case "shape" -> shape();
        case "data" -> data();
        case "parameters" -> parameters(where + ".parameters", this::parameter);
        default -> json.skipChildren();
      }
    }

    private void parameter(String name) throws IOException {
      if (name.equals("binary_data_size")) {
        String size = where + ".parameters.binary_data_size";
        require(isLong(), size, "a number of bytes");
        binarySize = json.getLongValue();
        require(binarySize >= 0, size, "a number of bytes");
      } else {
        json.skipChildren();
      }
    }

    private void shape() throws IOException {
      String name = where + ".shape";
      require(json.currentToken() == JsonToken.START_ARRAY, name, InputTensor.SHAPE_RULE);
      while (json.nextToken() != JsonToken.END_ARRAY) {
        require(isLong(), name, InputTensor.SHAPE_RULE);
        to.size(json.getLongValue());
      }
    }

    private void data() throws IOException {
      require(json.currentToken() == JsonToken.START_ARRAY, where + ".data", "a flat array");
      hasData = true;
      for (int i = 0; json.nextToken() != JsonToken.END_ARRAY; i++) {
        switch (json.currentToken()) {
          case VALUE_STRING -> to.add(json.getText());
          case VALUE_NUMBER_INT -> addInteger();
          case VALUE_NUMBER_FLOAT -> to.add(json.getDoubleValue());
          default ->
              throw RefusedException.malformed(
                  "%s.data[%d]".formatted(where, i), json.getText(), "a string or a number");
        }
      }
    }

    private void addInteger() throws IOException {
      if (isLong()) {
        to.add(json.getLongValue());
      } else {
        // Beyond 64 bits: still a decimal text, as JSON forbids leading zeros.
        to.add(json.getText());
      }
    }
  }

  private boolean isLong() throws IOException {
    return json.currentToken() == JsonToken.VALUE_NUMBER_INT
        && json.getNumberType() != JsonParser.NumberType.BIG_INTEGER;
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
      return new Asked(inputs.outputs().of(name), binary);
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
