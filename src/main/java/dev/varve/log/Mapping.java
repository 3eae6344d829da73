package dev.varve.log;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import dev.varve.base.Check;
import dev.varve.base.NearestName;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * How the rows of a log become examples: a small YAML file. Those that Varve ships can be named;
 * {@code mappings/kuairand.yaml} among the resources is one with all its lines explained.
 *
 * <pre>
 * format: csv                    # csv, tsv (no quotes) or jsonl; default: as the file's suffix says
 * header: true                   # default true; false needs columns: [name, ...]
 * delimiter: ","                 # csv only
 * request-id: impression_id      # optional column; names examples in dead letters
 * time:                          # one of the three
 *   {column: ts, unit: ms}       #   a number since 1970, ms (default) or s
 *   {column: at, pattern: "yyyy-MM-dd HH:mm:ss"}   # java.time pattern, or iso; UTC
 *   {start: 2020-01-01T00:00:00Z, step: 10ms}      # log without time: row n is at start + (n-1) * step
 * label:                         # one of the three
 *   {column: clicked, positive: 1, negative: 0}    # these two values; negative "*": any other value
 *   {column: rating, at-least: 4}
 *   {all-positive: true}
 * features:                      # the name of each, and
 *   user_id:                     #   nothing: the column of that name, categorical
 *   item: item_id                #   or its column
 *   price: {column: price, type: numerical}
 *   tags: {split: ",", last: 20} #   several values; at most the last 20
 *   brand: {from: item}          #   column of a side table
 *   hour: {derive: hour-of-day}  #   0 to 23, or day-of-week (1 = Monday to 7), of the event time
 *   before: {previous: item_id, per: user_id}      # last value of a column for the same user
 *   "c*":                        #   all matching columns but those of time, label and request-id
 * joins:                         # side tables, held in memory, only the columns used
 *   item: {file: items.csv.zst, key: item_id, on: item_id}   # format, header, columns as above
 * explode:                       # one row, several candidates: "N1-0 N2-1"
 *   {column: shown, separator: " ", pair-separator: "-", into: [item_id, clicked]}
 * negatives:                     # for all-positive logs: k other values per positive
 *   {column: item_id, per-positive: 4, window: 1h, weight: popularity, seed: 1}
 * </pre>
 *
 * <p>An empty cell leaves its feature out of the example. Columns named in {@code into} may be used
 * like columns of the log. Features and joins that read the {@code column} of {@code negatives} see
 * the drawn value. Drawn values are among those of the last {@code window} of event time, never the
 * positive's own; {@code weight: uniform} draws each distinct value alike.
 *
 * <p>Immutable.
 */
public final class Mapping {
  private static final List<String> SHIPPED =
      List.of(
          "avazu", "criteo", "generated", "globo", "kuairand", "mind", "movielens", "talkingdata");
  private static final YAMLMapper YAML =
      YAMLMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          // A column may be called no, and a label may be yes.
          .enable(YAMLParser.Feature.PARSE_BOOLEAN_LIKE_WORDS_AS_STRINGS)
          .build();

  private final String name;
  private final Rules rules;

  private Mapping(String name, Rules rules) {
    this.name = name;
    this.rules = rules;
  }

  /** Names of the mappings that come with Varve, sorted. */
  public static List<String> shipped() {
    return SHIPPED;
  }

  /**
   * Loads a shipped mapping by its name or a user's own from its file.
   *
   * @throws MappingException when there is none, or with everything that is wrong in it
   */
  public static Mapping load(String nameOrPath) {
    if (SHIPPED.contains(nameOrPath)) {
      return parse(nameOrPath, resource(nameOrPath));
    }
    Path path = Path.of(nameOrPath);
    if (!Files.isRegularFile(path)) {
      String rule = NearestName.rule("a file or a shipped mapping", nameOrPath, SHIPPED);
      throw new MappingException(nameOrPath, List.of(Check.message("mapping", nameOrPath, rule)));
    }
    try {
      return parse(nameOrPath, Files.readString(path));
    } catch (IOException e) {
      throw new MappingException(
          nameOrPath, List.of(Check.message("mapping", e, "a readable file, UTF-8")));
    }
  }

  /**
   * Reads a mapping from its text.
   *
   * @param name stands in error messages
   * @throws MappingException with everything that is wrong in it
   */
  public static Mapping parse(String name, String yaml) {
    var problems = new ArrayList<String>();
    Rules rules = MappingParser.rules(new Section("", tree(name, yaml), problems));
    if (!problems.isEmpty()) {
      throw new MappingException(name, problems);
    }
    return new Mapping(name, rules);
  }

  /** As it was named when loaded. */
  public String name() {
    return name;
  }

  Rules rules() {
    return rules;
  }

  private static JsonNode tree(String name, String yaml) {
    try {
      return YAML.readTree(yaml);
    } catch (JacksonException e) {
      var at = e.getLocation();
      String place = at == null ? "?" : "line %d".formatted(at.getLineNr());
      String rule = "YAML, each key once; " + e.getOriginalMessage();
      String problem = Check.message(place, "malformed", rule);
      throw new MappingException(name, List.of(problem));
    }
  }

  private static String resource(String name) {
    String resource = "mappings/%s.yaml".formatted(name);
    try (InputStream in = Mapping.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new IllegalStateException("resource: %s (expected: in the jar)".formatted(resource));
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
