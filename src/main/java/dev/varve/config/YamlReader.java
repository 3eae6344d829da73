package dev.varve.config;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.error.MarkedYAMLException;

/** Reads a YAML file as a {@link YamlNode}: one document, no aliases. */
public final class YamlReader implements AutoCloseable {
  private static final YAMLFactory YAML = new YAMLFactory();

  private final YAMLParser parser;

  private YamlReader(String text) throws IOException {
    parser = YAML.createParser(text);
  }

  /**
   * Reads a file.
   *
   * @throws ConfigException when there is no such file or it is not YAML, with the line
   */
  public static YamlNode read(Path file) {
    try (var reader = new YamlReader(Files.readString(file))) {
      return reader.document();
    } catch (NoSuchFileException e) {
      throw refusal(file, "an existing YAML file", "");
    } catch (CharacterCodingException e) {
      throw refusal(file, "a YAML file in UTF-8", "");
    } catch (JsonProcessingException e) {
      throw refusal(file, "YAML", detail(e));
    } catch (IOException e) {
      throw refusal(file, "a readable YAML file", "; " + e);
    }
  }

  private static ConfigException refusal(Path file, String rule, String detail) {
    return new ConfigException(List.of("file: %s (expected: %s%s)".formatted(file, rule, detail)));
  }

  /** The line and what is wrong there, without the parser's pictures of the place. */
  private static String detail(JsonProcessingException e) {
    if (e.getCause() instanceof MarkedYAMLException marked && marked.getProblemMark() != null) {
      return "; line %d: %s".formatted(marked.getProblemMark().getLine() + 1, marked.getProblem());
    }
    var place = e.getLocation();
    String line = place == null ? "" : "line %d: ".formatted(place.getLineNr());
    return "; " + line + e.getOriginalMessage().lines().findFirst().orElse("");
  }

  @Override
  public void close() throws IOException {
    parser.close();
  }

  private YamlNode document() throws IOException {
    YamlNode document = node(parser.nextToken());
    if (parser.nextToken() != null) {
      throw new YamlShapeException("a second document (expected: one)", line());
    }
    return document;
  }

  private YamlNode node(@Nullable JsonToken token) throws IOException {
    int line = line();
    if (token == null) {
      return new YamlNode.Nothing(1);
    }
    if (parser.isCurrentAlias()) {
      throw new YamlShapeException("an alias (expected: the value itself)", line);
    }
    return switch (token) {
      case START_OBJECT -> mapping(line);
      case START_ARRAY -> items(line);
      case VALUE_NULL -> new YamlNode.Nothing(line);
      default -> new YamlNode.Text(parser.getText(), line);
    };
  }

  private YamlNode mapping(int line) throws IOException {
    var entries = new ArrayList<YamlNode.Entry>();
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String key = parser.currentName();
      int keyLine = line();
      entries.add(new YamlNode.Entry(key, node(parser.nextToken()), keyLine));
    }
    return new YamlNode.Mapping(entries, line);
  }

  private YamlNode items(int line) throws IOException {
    var items = new ArrayList<YamlNode>();
    for (var token = parser.nextToken();
        token != null && token != JsonToken.END_ARRAY;
        token = parser.nextToken()) {
      items.add(node(token));
    }
    return new YamlNode.Items(items, line);
  }

  private int line() {
    return parser.currentTokenLocation().getLineNr();
  }

  /** YAML, but not of the kind that a configuration is written in. */
  private static final class YamlShapeException extends JsonProcessingException {
    private static final long serialVersionUID = 1L;

    YamlShapeException(String found, int line) {
      super("found " + found, new JsonLocation(null, -1, line, 1));
    }
  }
}
