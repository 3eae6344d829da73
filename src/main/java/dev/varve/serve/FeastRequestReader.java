package dev.varve.serve;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads the body of {@code POST /get-online-features}, as {@code feast.infra.online_stores.remote}
 * sends it.
 */
final class FeastRequestReader extends JsonReader {
  /** As many as there may be tables; an empty one takes memory, too. */
  private static final int MOST_COLUMNS = 1 << 15;

  private final int maxIds;
  private final List<FeastRequest.Entity> entities = new ArrayList<>();
  private final List<FeastRequest.Column> columns = new ArrayList<>();
  private boolean fullNames;
  private boolean versions;
  private int ids;

  private FeastRequestReader(JsonParser json, int maxIds) {
    super(json);
    this.maxIds = maxIds;
  }

  /**
   * Reads a request.
   *
   * @param maxIds most ids in the request, and most that may be looked up for it
   * @throws RefusedException for every body that is not one
   */
  static FeastRequest read(byte[] body, int maxIds) {
    try (JsonParser json = parser(body, body.length)) {
      return new FeastRequestReader(json, maxIds).request();
    } catch (IOException e) {
      throw notJson(e, "a request for online features in JSON");
    }
  }

  private FeastRequest request() throws IOException {
    body(this::field);
    if (columns.isEmpty()) {
      throw RefusedException.malformed("features", "none", "TABLE:" + FeastFeature.names());
    }
    if (entities.isEmpty()) {
      throw RefusedException.malformed("entities", "none", "ids by join key");
    }
    var request = new FeastRequest(columns, entities, fullNames, versions);
    checkRows();
    checkNames(request);
    checkLookups(request);
    return request;
  }

  private void field(String name) throws IOException {
    if (json.currentToken() == JsonToken.VALUE_NULL) {
      return;
    }
    switch (name) {
      case "features" -> features();
      case "entities" -> entities();
      case "full_feature_names" -> fullNames = flag(name);
      case "include_feature_view_version_metadata" -> versions = flag(name);
      case "feature_service" ->
          throw RefusedException.malformed(
              name, text(name), "none: there is no registry here; list its features");
      default -> json.skipChildren();
    }
  }

  private void features() throws IOException {
    require(json.currentToken() == JsonToken.START_ARRAY, "features", "an array");
    while (json.nextToken() != JsonToken.END_ARRAY) {
      requireRoom("features", columns.size());
      String reference = text("features[%d]".formatted(columns.size()));
      int colon = reference.lastIndexOf(':');
      require(colon > 0, "features", "TABLE:" + FeastFeature.names());
      columns.add(
          new FeastRequest.Column(
              reference.substring(0, colon),
              FeastFeature.of(reference, reference.substring(colon + 1))));
    }
  }

  private void entities() throws IOException {
    require(json.currentToken() == JsonToken.START_OBJECT, "entities", "ids by join key");
    fields(
        joinKey -> {
          requireRoom("entities", entities.size());
          entities.add(entity(joinKey));
        });
  }

  private static void requireRoom(String name, int columns) {
    if (columns == MOST_COLUMNS) {
      throw RefusedException.tooLarge(name, "more", "at most " + MOST_COLUMNS);
    }
  }

  private FeastRequest.Entity entity(String joinKey) throws IOException {
    require(json.currentToken() == JsonToken.START_ARRAY, "entities." + joinKey, "an array of ids");
    List<String> texts = new ArrayList<>();
    var integers = new BitSet();
    while (json.nextToken() != JsonToken.END_ARRAY) {
      if (ids++ == maxIds) {
        throw RefusedException.tooLarge("entities", "more ids", mostIds());
      }
      if (json.currentToken() == JsonToken.VALUE_NUMBER_INT) {
        integers.set(texts.size());
      } else {
        require(
            json.currentToken() == JsonToken.VALUE_STRING,
            "entities.%s[%d]".formatted(joinKey, texts.size()),
            "a string or an integer");
      }
      texts.add(id());
    }
    return new FeastRequest.Entity(joinKey, texts, integers);
  }

  /** A long in its one decimal form, so that -0 is 0. */
  private String id() throws IOException {
    boolean isLong =
        json.currentToken() == JsonToken.VALUE_NUMBER_INT
            && json.getNumberType() != JsonParser.NumberType.BIG_INTEGER;
    return isLong ? Long.toString(json.getLongValue()) : json.getText();
  }

  private void checkRows() {
    FeastRequest.Entity first = entities.getFirst();
    for (FeastRequest.Entity entity : entities) {
      if (entity.ids().size() != first.ids().size()) {
        throw RefusedException.malformed(
            "entities." + entity.joinKey(),
            entity.ids().size() + " ids",
            "%d, one for each row, as for the first join key".formatted(first.ids().size()));
      }
    }
  }

  /** Two columns of one name could not be told apart. */
  private void checkNames(FeastRequest request) {
    Set<String> names = new HashSet<>();
    @Nullable String twice = null;
    for (FeastRequest.Column column : request.columns()) {
      String name = column.name(fullNames);
      twice = names.add(name) ? twice : name;
    }
    if (twice != null) {
      throw RefusedException.malformed(
          "features", twice + " twice", "each name once; full_feature_names makes them differ");
    }
  }

  private void checkLookups(FeastRequest request) {
    long lookups = (long) request.tables().size() * entities.getFirst().ids().size();
    if (lookups > maxIds) {
      throw RefusedException.tooLarge("entities", lookups + " ids over all views", mostIds());
    }
  }

  private String mostIds() {
    return "at most %d, serve.max-ids".formatted(maxIds);
  }
}
