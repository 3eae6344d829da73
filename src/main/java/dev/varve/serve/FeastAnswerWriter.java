package dev.varve.serve;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.varve.store.LookupStatus;
import dev.varve.store.Vectors;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Writes the answer to a Feast client: a column for each join key, then one for each feature, each
 * with a value, a status and an event time for every row. The event time is the watermark of the
 * lookup: what was learned up to then is in the vector, or it has none.
 */
final class FeastAnswerWriter {
  private static final JsonFactory FACTORY = new JsonFactory();
  private static final String PRESENT = "PRESENT";
  private static final String NOT_FOUND = "NOT_FOUND";

  private final FeastRequest request;
  private final Map<String, LookupAnswer> found;
  private final JsonGenerator json;

  private FeastAnswerWriter(
      FeastRequest request, Map<String, LookupAnswer> found, JsonGenerator json) {
    this.request = request;
    this.found = found;
    this.json = json;
  }

  /**
   * Writes an answer.
   *
   * @param found what was looked up, by table
   */
  static byte[] write(FeastRequest request, Map<String, LookupAnswer> found) {
    var bytes = new ByteArrayOutputStream();
    try (JsonGenerator json = FACTORY.createGenerator(bytes)) {
      new FeastAnswerWriter(request, found, json).answer();
    } catch (IOException e) {
      throw new UncheckedIOException("an array in memory cannot fail", e);
    }
    return bytes.toByteArray();
  }

  private void answer() throws IOException {
    json.writeStartObject();
    json.writeObjectFieldStart("metadata");
    names();
    if (request.versions()) {
      versions();
    }
    json.writeEndObject();
    json.writeArrayFieldStart("results");
    for (FeastRequest.Entity entity : request.entities()) {
      joinKey(entity);
    }
    for (FeastRequest.Column column : request.columns()) {
      feature(column.feature(), Objects.requireNonNull(found.get(column.table())));
    }
    json.writeEndArray();
    json.writeEndObject();
  }

  private void names() throws IOException {
    json.writeArrayFieldStart("feature_names");
    for (FeastRequest.Entity entity : request.entities()) {
      json.writeString(entity.joinKey());
    }
    for (FeastRequest.Column column : request.columns()) {
      json.writeString(column.name(request.fullNames()));
    }
    json.writeEndArray();
  }

  private void versions() throws IOException {
    json.writeArrayFieldStart("feature_view_metadata");
    for (Map.Entry<String, LookupAnswer> table : found.entrySet()) {
      json.writeStartObject();
      json.writeStringField("name", table.getKey());
      json.writeNumberField("version", Long.parseLong(table.getValue().version()));
      json.writeEndObject();
    }
    json.writeEndArray();
  }

  /** What was sent, given back; of no event, so its time is the first, as Feast has it. */
  private void joinKey(FeastRequest.Entity entity) throws IOException {
    List<String> ids = entity.ids();
    json.writeStartObject();
    json.writeArrayFieldStart("values");
    for (int i = 0; i < ids.size(); i++) {
      if (entity.integers().get(i)) {
        json.writeNumber(ids.get(i));
      } else {
        json.writeString(ids.get(i));
      }
    }
    json.writeEndArray();
    repeat("statuses", PRESENT, ids.size());
    repeat("event_timestamps", Instant.EPOCH.toString(), ids.size());
    json.writeEndObject();
  }

  private void feature(FeastFeature feature, LookupAnswer answer) throws IOException {
    Vectors found = answer.found();
    byte[] codes = found.statuses();
    json.writeStartObject();
    json.writeArrayFieldStart("values");
    for (int i = 0; i < codes.length; i++) {
      LookupStatus status = LookupStatus.of(codes[i]);
      if (status == LookupStatus.UNKNOWN) {
        json.writeNull();
      } else {
        switch (feature) {
          case EMBEDDING -> vector(found.vectors(), i, found.width());
          case STATUS -> json.writeString(status.text());
        }
      }
    }
    json.writeEndArray();
    json.writeArrayFieldStart("statuses");
    for (byte code : codes) {
      json.writeString(code == LookupStatus.UNKNOWN.code() ? NOT_FOUND : PRESENT);
    }
    json.writeEndArray();
    repeat("event_timestamps", Instant.ofEpochMilli(answer.watermarkMs()).toString(), codes.length);
    json.writeEndObject();
  }

  private void vector(float[] vectors, int row, int width) throws IOException {
    json.writeStartArray();
    for (int i = row * width; i < (row + 1) * width; i++) {
      json.writeNumber(vectors[i]);
    }
    json.writeEndArray();
  }

  private void repeat(String name, String value, int times) throws IOException {
    json.writeArrayFieldStart(name);
    for (int i = 0; i < times; i++) {
      json.writeString(value);
    }
    json.writeEndArray();
  }
}
