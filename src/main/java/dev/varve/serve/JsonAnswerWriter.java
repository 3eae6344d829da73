package dev.varve.serve;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
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

  /** A digit and its comma; longer ones let the array grow. */
  private static final int INTEGER_CHARS = 2;

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
  static Written write(Answer answer, Set<Output> binary) {
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
    ByteBuffer to = ByteBuffer.wrap(body).position(json.length).order(ByteOrder.LITTLE_ENDIAN);
    for (Output output : answer.head().outputs()) {
      if (binary.contains(output)) {
        answer.putRaw(output, to);
      }
    }
    return new Written(body, json.length);
  }

  private static void write(Answer answer, Set<Output> binary, JsonGenerator json)
      throws IOException {
    json.writeStartObject();
    if (!answer.head().id().isEmpty()) {
      json.writeStringField("id", answer.head().id());
    }
    json.writeStringField("model_name", answer.head().model());
    json.writeStringField("model_version", answer.version());
    json.writeObjectFieldStart("parameters");
    for (Answer.Parameter of : answer.parameters()) {
      json.writeNumberField(of.name(), of.value());
    }
    json.writeEndObject();
    json.writeArrayFieldStart("outputs");
    for (Output output : answer.head().outputs()) {
      write(answer, output, binary.contains(output), json);
    }
    json.writeEndArray();
    json.writeEndObject();
  }

  private static void write(Answer answer, Output output, boolean isBinary, JsonGenerator json)
      throws IOException {
    long[] shape = answer.shape(output);
    json.writeStartObject();
    json.writeStringField("name", output.text());
    json.writeStringField("datatype", answer.datatype(output).name());
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

  private static void writeData(Answer answer, Output output, JsonGenerator json)
      throws IOException {
    ByteBuffer values = ByteBuffer.allocate(answer.rawBytes(output));
    answer.putRaw(output, values.order(ByteOrder.LITTLE_ENDIAN));
    values.flip();
    Datatype datatype = answer.datatype(output);
    json.writeArrayFieldStart("data");
    while (values.hasRemaining()) {
      switch (datatype) {
        case INT8 -> json.writeNumber(values.get());
        case INT32 -> json.writeNumber(values.getInt());
        case INT64 -> json.writeNumber(values.getLong());
        case FP16 -> json.writeNumber(Float.float16ToFloat(values.getShort()));
        case FP32 -> json.writeNumber(values.getFloat());
      }
    }
    json.writeEndArray();
  }

  private static int sizeOf(Answer answer, Set<Output> binary) {
    int size = HEADER_CHARS;
    for (Output output : answer.head().outputs()) {
      if (!binary.contains(output)) {
        size += answer.values(output) * (output == Output.EMBEDDINGS ? FLOAT_CHARS : INTEGER_CHARS);
      }
    }
    return size;
  }
}
