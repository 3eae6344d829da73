package dev.varve.serve;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import java.io.IOException;

/**
 * Reads the JSON of a request token by token, without a tree. Strict in what it understands (types,
 * doubled fields, anything behind the end); what it does not know it skips.
 *
 * <p><b>Threads:</b> one reader a request.
 */
abstract class JsonReader {
  private static final JsonFactory FACTORY =
      JsonFactory.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

  /** Where it stands. */
  final JsonParser json;

  /** Reads the value of a field. */
  interface Field {
    void read(String name) throws IOException;
  }

  JsonReader(JsonParser json) {
    this.json = json;
  }

  /** A parser of the first {@code length} bytes. */
  static JsonParser parser(byte[] body, int length) throws IOException {
    return FACTORY.createParser(body, 0, length);
  }

  /** Reads the whole body, which is one object. */
  final void body(Field field) throws IOException {
    require(json.nextToken() == JsonToken.START_OBJECT, "body", "a JSON object");
    fields(field);
    require(json.nextToken() == null, "body", "nothing after its closing brace");
  }

  /** Reads the fields of an object whose brace has been read. */
  final void fields(Field field) throws IOException {
    while (json.nextToken() == JsonToken.FIELD_NAME) {
      String name = json.currentName();
      json.nextToken();
      field.read(name);
    }
  }

  final boolean flag(String name) throws IOException {
    require(json.currentToken().isBoolean(), name, "true or false");
    return json.getBooleanValue();
  }

  final String text(String name) throws IOException {
    require(json.currentToken() == JsonToken.VALUE_STRING, name, "a string");
    return json.getText();
  }

  final void require(boolean holds, String name, String rule) throws IOException {
    if (!holds) {
      String found = json.currentToken() == null ? "nothing" : json.getText();
      throw RefusedException.malformed(name, found, rule);
    }
  }

  /**
   * The refusal of what is no JSON: the parser's first words and the place; the rest of its message
   * is about its own settings.
   *
   * @param rule what the body should be
   */
  static RefusedException notJson(IOException thrown, String rule) {
    if (!(thrown instanceof JacksonException e)) {
      return RefusedException.malformed(
          "body", String.valueOf(thrown.getMessage()), "JSON in UTF-8");
    }
    String what = String.valueOf(e.getOriginalMessage()).split("[\\n(:\\[]", 2)[0].strip();
    var at = e.getLocation();
    String where =
        at == null ? "" : " at line %d, column %d".formatted(at.getLineNr(), at.getColumnNr());
    return RefusedException.malformed("body", what + where, rule);
  }
}
