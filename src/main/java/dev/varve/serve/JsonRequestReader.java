package dev.varve.serve;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads the JSON of one lookup, token by token: an id becomes its key at once, and no tree is
 * built.
 *
 * <p>Strict in what it understands (types, shapes, doubled fields, anything behind the end), deaf
 * to other fields: {@code parameters} and what clients add of their own. A null is as good as a
 * field that is absent: clients that serialize objects send those.
 *
 * <p><b>Threads:</b> one reader a request.
 */
final class JsonRequestReader {
  private static final JsonFactory FACTORY =
      JsonFactory.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

  private final JsonParser json;
  private final int maxIds;
  private String id = "";
  private List<Output> outputs = Output.ALL;
  private @Nullable IdsTensor ids;

  private JsonRequestReader(JsonParser json, int maxIds) {
    this.json = json;
    this.maxIds = maxIds;
  }

  /**
   * Reads a request.
   *
   * @param version layout version of the path; empty for the current one
   * @throws RefusedException for every body that is not a valid lookup
   */
  static LookupRequest read(String table, String version, byte[] body, int maxIds) {
    try (JsonParser json = FACTORY.createParser(body)) {
      return new JsonRequestReader(json, maxIds).request(table, version);
    } catch (JacksonException e) {
      throw notJson(e);
    } catch (IOException e) {
      throw RefusedException.malformed("body", String.valueOf(e.getMessage()), "JSON in UTF-8");
    }
  }

  private LookupRequest request(String table, String version) throws IOException {
    require(json.nextToken() == JsonToken.START_OBJECT, "body", "a JSON object");
    while (json.nextToken() == JsonToken.FIELD_NAME) {
      field(json.currentName());
    }
    require(json.nextToken() == null, "body", "nothing after its closing brace");
    if (ids == null) {
      throw RefusedException.malformed("inputs", "none", "one, ids");
    }
    return new LookupRequest(table, version, id, ids.keys(), outputs);
  }

  private void field(String name) throws IOException {
    boolean absent = json.nextToken() == JsonToken.VALUE_NULL;
    switch (name) {
      case "id" -> id = absent ? "" : text("id");
      case "inputs" -> ids = inputs();
      case "outputs" -> outputs = absent ? Output.ALL : outputs();
      default -> json.skipChildren();
    }
  }

  private IdsTensor inputs() throws IOException {
    require(json.currentToken() == JsonToken.START_ARRAY, "inputs", "an array");
    require(json.nextToken() == JsonToken.START_OBJECT, "inputs[0]", "an object");
    var tensor = new IdsTensor(maxIds);
    while (json.nextToken() == JsonToken.FIELD_NAME) {
      tensorField(tensor, json.currentName());
    }
    require(json.nextToken() == JsonToken.END_ARRAY, "inputs[1]", "one input, ids");
    return tensor;
  }

  private void tensorField(IdsTensor tensor, String name) throws IOException {
    json.nextToken();
    switch (name) {
      case "name" -> tensor.name(text("inputs[0].name"));
      case "datatype" -> tensor.datatype(text("inputs[0].datatype"));
      case "shape" -> tensor.shape(shape());
      case "data" -> data(tensor);
      default -> json.skipChildren();
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

  private List<Output> outputs() throws IOException {
    require(json.currentToken() == JsonToken.START_ARRAY, "outputs", "an array");
    var named = new ArrayList<Output>();
    while (json.nextToken() != JsonToken.END_ARRAY) {
      require(json.currentToken() == JsonToken.START_OBJECT, "outputs[]", "an object");
      named.add(output());
    }
    return Output.asked(named);
  }

  private Output output() throws IOException {
    String name = "none";
    while (json.nextToken() == JsonToken.FIELD_NAME) {
      boolean isName = json.currentName().equals("name");
      json.nextToken();
      if (isName) {
        name = text("outputs[].name");
      } else {
        json.skipChildren();
      }
    }
    return Output.of(name);
  }

  private String text(String name) throws IOException {
    require(json.currentToken() == JsonToken.VALUE_STRING, name, "a string");
    return json.getText();
  }

  private void require(boolean holds, String name, String rule) throws IOException {
    if (!holds) {
      String found = json.currentToken() == null ? "nothing" : json.getText();
      throw RefusedException.malformed(name, found, rule);
    }
  }

  /** The parser's first words and the place; the rest of its message is about its own settings. */
  private static RefusedException notJson(JacksonException e) {
    String what = String.valueOf(e.getOriginalMessage()).split("[\\n(:\\[]", 2)[0].strip();
    var at = e.getLocation();
    String where =
        at == null ? "" : " at line %d, column %d".formatted(at.getLineNr(), at.getColumnNr());
    return RefusedException.malformed("body", what + where, "an inference request in JSON");
  }
}
