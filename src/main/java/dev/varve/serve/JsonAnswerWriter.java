package dev.varve.serve;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;

/**
 * Writes an answer as JSON. A float stands as the shortest decimal that reads back as the same
 * float, bit for bit; data is flat, row-major.
 */
final class JsonAnswerWriter {
  private static final JsonFactory FACTORY = new JsonFactory();

  /** What a learned float and its comma take, more or less. */
  private static final int FLOAT_CHARS = 13;

  private static final int HEADER_CHARS = 512;

  private JsonAnswerWriter() {}

  static byte[] write(LookupAnswer answer) {
    var bytes = new ByteArrayOutputStream(sizeOf(answer));
    try (JsonGenerator json = FACTORY.createGenerator(bytes)) {
      write(answer, json);
    } catch (IOException e) {
      throw new UncheckedIOException("an array in memory cannot fail", e);
    }
    return bytes.toByteArray();
  }

  private static void write(LookupAnswer answer, JsonGenerator json) throws IOException {
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
      write(answer, output, json);
    }
    json.writeEndArray();
    json.writeEndObject();
  }

  private static void write(LookupAnswer answer, Output output, JsonGenerator json)
      throws IOException {
    long[] shape = answer.shape(output);
    json.writeStartObject();
    json.writeStringField("name", output.text());
    json.writeStringField("datatype", output.datatype());
    json.writeFieldName("shape");
    json.writeArray(shape, 0, shape.length);
    json.writeArrayFieldStart("data");
    switch (output) {
      case EMBEDDINGS -> writeFloats(answer.vectors(), json);
      case STATUS -> writeCodes(answer.statuses(), json);
    }
    json.writeEndArray();
    json.writeEndObject();
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

  private static int sizeOf(LookupAnswer answer) {
    boolean vectors = answer.request().outputs().contains(Output.EMBEDDINGS);
    return HEADER_CHARS
        + (vectors ? answer.vectors().length * FLOAT_CHARS : 0)
        + answer.statuses().length * 2;
  }
}
