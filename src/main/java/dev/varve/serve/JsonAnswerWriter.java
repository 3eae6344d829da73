package dev.varve.serve;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Set;

/**
 * Writes an answer as JSON. A float stands as the shortest decimal that reads back as the same
 * float, bit for bit; data is flat, row-major. Outputs in binary stand behind the JSON, one after
 * the other.
 */
final class JsonAnswerWriter {
  private static final JsonFactory FACTORY = new JsonFactory();

  /** What a learned float and its comma take, more or less. */
  private static final int FLOAT_CHARS = 13;

  private static final int HEADER_CHARS = 512;

  private JsonAnswerWriter() {}

  /**
   * What is to be sent.
   *
   * @param jsonBytes of the body's beginning that are JSON
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Written(byte[] body, int jsonBytes) {}

  /**
   * Writes an answer.
   *
   * @param binary outputs that are to be binary
   */
  static Written write(LookupAnswer answer, Set<Output> binary) {
    var bytes = new ByteArrayOutputStream(sizeOf(answer, binary));
    try (JsonGenerator json = FACTORY.createGenerator(bytes)) {
      write(answer, binary, json);
    } catch (IOException e) {
      throw new UncheckedIOException("an array in memory cannot fail", e);
    }
    byte[] json = bytes.toByteArray();
    int size = json.length;
    for (Output output : binary) {
      size += answer.rawBytes(output);
    }
    byte[] body = size == json.length ? json : Arrays.copyOf(json, size);
    ByteBuffer to = ByteBuffer.wrap(body).position(json.length);
    for (Output output : answer.request().outputs()) {
      if (binary.contains(output)) {
        answer.putRaw(output, to);
      }
    }
    return new Written(body, json.length);
  }

  private static void write(LookupAnswer answer, Set<Output> binary, JsonGenerator json)
      throws IOException {
    json.writeStartObject();
    if (!answer.request().id().isEmpty()) {
      json.writeStringField("id", answer.request().id());
    }
    json.writeStringField("model_name", answer.request().table());
    json.writeStringField("model_version", answer.version());
    json.writeObjectFieldStart("parameters");
    json.writeNumberField(Inference.WATERMARK, answer.watermarkMs());
    json.writeEndObject();
    json.writeArrayFieldStart("outputs");
    for (Output output : answer.request().outputs()) {
      write(answer, output, binary.contains(output), json);
    }
    json.writeEndArray();
    json.writeEndObject();
  }

  private static void write(
      LookupAnswer answer, Output output, boolean isBinary, JsonGenerator json) throws IOException {
    long[] shape = answer.shape(output);
    json.writeStartObject();
    json.writeStringField("name", output.text());
    json.writeStringField("datatype", output.datatype());
    json.writeFieldName("shape");
    json.writeArray(shape, 0, shape.length);
    if (isBinary) {
      json.writeObjectFieldStart("parameters");
      json.writeNumberField("binary_data_size", answer.rawBytes(output));
      json.writeEndObject();
    } else {
      writeData(answer, output, json);
    }
    json.writeEndObject();
  }

  private static void writeData(LookupAnswer answer, Output output, JsonGenerator json)
      throws IOException {
    json.writeArrayFieldStart("data");
    switch (output) {
      case EMBEDDINGS -> writeFloats(answer.vectors(), json);
      case STATUS -> writeCodes(answer.statuses(), json);
    }
    json.writeEndArray();
  }

  private static void writeFloats(float[] values, JsonGenerator json) throws IOException {
    for (float value : values) {
      json.writeNumber(value);
    }
  }

  private static void writeCodes(byte[] codes, JsonGenerator json) throws IOException {
    for (byte code : codes) {
      json.writeNumber(code);
    }
  }

  private static int sizeOf(LookupAnswer answer, Set<Output> binary) {
    boolean vectors =
        answer.request().outputs().contains(Output.EMBEDDINGS)
            && !binary.contains(Output.EMBEDDINGS);
    return HEADER_CHARS
        + (vectors ? answer.vectors().length * FLOAT_CHARS : 0)
        + answer.statuses().length * 2;
  }
}
