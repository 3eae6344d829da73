package dev.varve.log;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import dev.varve.base.Check;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One JSON object per line. The column {@code a.b} is the field b of the object in field a; arrays
 * of scalars are cells with several values. Null and a field that is not there are empty cells.
 */
final class JsonRows extends LineRows {
  private static final JsonFactory JSON =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder().maxStringLength(Lines.MAX_CHARS).build())
          .build();

  private final Map<String, Integer> columns = new HashMap<>();
  private final Set<String> parents = new HashSet<>();
  private final List<String> texts = new ArrayList<>();
  private final List<@Nullable List<String>> lists = new ArrayList<>();

  JsonRows(Lines lines) {
    super(lines);
  }

  @Override
  public List<String> columns() {
    return List.of();
  }

  @Override
  public int column(String name) {
    for (int dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1)) {
      parents.add(name.substring(0, dot));
    }
    return columns.computeIfAbsent(
        name,
        key -> {
          texts.add("");
          lists.add(null);
          return texts.size() - 1;
        });
  }

  @Override
  void read() throws IOException {
    texts.replaceAll(text -> "");
    lists.replaceAll(list -> null);
    int length = lines.to() - lines.from();
    try (JsonParser parser = JSON.createParser(lines.chars(), lines.from(), length)) {
      readRow(parser);
    } catch (JacksonException e) {
      refuseRow(
          "one JSON object per line: " + RowRefused.oneLine(Check.quoted(e.getOriginalMessage())));
    }
  }

  @Override
  public String text(int column) {
    return texts.get(column);
  }

  @Override
  public @Nullable List<String> list(int column) {
    return lists.get(column);
  }

  private void readRow(JsonParser parser) throws IOException {
    if (parser.nextToken() != JsonToken.START_OBJECT) {
      refuseRow("one JSON object per line");
      return;
    }
    readObject(parser, "");
    if (problem() == null && parser.nextToken() != null) {
      refuseRow("one JSON object per line");
    }
  }

  private void readObject(JsonParser parser, String prefix) throws IOException {
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String field = parser.currentName();
      String name = prefix.isEmpty() ? field : prefix + field;
      JsonToken token = parser.nextToken();
      Integer column = columns.get(name);
      if (token == JsonToken.START_OBJECT && parents.contains(name)) {
        readObject(parser, name + ".");
      } else if (column == null) {
        parser.skipChildren();
      } else if (token == JsonToken.START_ARRAY) {
        lists.set(column, readArray(parser, name));
      } else if (token.isScalarValue()) {
        texts.set(column, token == JsonToken.VALUE_NULL ? "" : parser.getText());
      } else {
        refuse(name, "an object", "a value or an array of values");
        parser.skipChildren();
      }
    }
  }

  private List<String> readArray(JsonParser parser, String name) throws IOException {
    var values = new ArrayList<String>();
    for (JsonToken token = parser.nextToken();
        token != JsonToken.END_ARRAY;
        token = parser.nextToken()) {
      if (!token.isScalarValue()) {
        refuse(name, "nested", "an array of plain values");
        parser.skipChildren();
      } else if (token != JsonToken.VALUE_NULL) {
        values.add(parser.getText());
      }
    }
    return values;
  }

  private void refuseRow(String rule) {
    refuse("row", raw(), rule);
  }
}
