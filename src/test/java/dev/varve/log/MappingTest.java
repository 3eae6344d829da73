package dev.varve.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class MappingTest {
  @TempDir private Path folder = Path.of(".");

  @ParameterizedTest
  @MethodSource("dev.varve.log.Mapping#shipped")
  void eachShippedMappingLoads(String name) {
    assertThat(Mapping.load(name).name()).isEqualTo(name);
  }

  @Test
  void allProblemsAreReportedTogether() {
    assertThat(
            problems(
                """
                format: cvs
                delimitr: ";"
                time: {column: t, unit: min}
                label: {column: y, at-least: four}
                features:
                  a: {tpye: numerical}
                  b: {from: vidoe}
                  n: {type: numerical, split: ","}
                  h: {derive: minute}
                joins:
                  video: {key: id}
                negatives: {column: a, per-positive: 0, window: soon, weight: heavy, seed: x}
                """))
        .containsExactly(
            "format: cvs (expected: one of csv, tsv, jsonl)",
            "time.unit: min (expected: one of ms, s)",
            "label.at-least: four (expected: a number)",
            "joins.video.file: missing (expected: a file beside the log, or an absolute path)",
            "features.a.tpye: unknown (expected: a known key; did you mean type?)",
            "features.b.from: vidoe (expected: a join; did you mean video?)",
            "features.n.type: numerical (expected: categorical: a number has one value)",
            "features.h.derive: minute (expected: one of hour-of-day, day-of-week)",
            "negatives: [column, per-positive, window, weight, seed]"
                + " (expected: none unless label is all-positive: true)",
            "negatives.per-positive: 0 (expected: an integer from 1 to 1000)",
            "negatives.window: soon (expected: a duration such as 100ms, 5s, 2m, 1h or 7d, above"
                + " 0)",
            "negatives.weight: heavy (expected: one of popularity, uniform)",
            "negatives.seed: x"
                + " (expected: an integer from -9223372036854775808 to 9223372036854775807)",
            "delimitr: unknown (expected: a known key; did you mean delimiter?)");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "time: {column: t} | time: {} | time: [] (expected: either column",
        "time: {column: t} | time: {column: t, start: 2020-01-01T00:00:00Z} | time: [column,"
            + " start]",
        "time: {column: t} | time: {start: yesterday} | time.start: yesterday (expected: a time"
            + " such",
        "time: {column: t} | time: {column: t, pattern: qqqq-bb} | time.pattern: qqqq-bb (expected",
        "time: {column: t} | time: {column: t, pattern: iso, unit: s} | either unit or pattern",
        "label: {column: y} | label: {} | label: [] (expected: a column, or all-positive: true)",
        "label: {column: y} | label: {all-positive: true, column: y} | label: [all-positive,"
            + " column]",
        "label: {column: y} | label: {column: y, positive: 1, at-least: 4} | either positive",
        "label: {column: y} | label: {column: y, positive: 0} | label.negative: 0 (expected:"
            + " another",
        "format: csv | format: csv\u0001header: false | columns: [] (expected: the names when"
            + " header",
        "format: csv | format: csv\u0001header: perhaps | header: perhaps (expected: true or"
            + " false)",
        "format: csv | format: csv\u0001columns: [t] | columns: [t] (expected: the names when"
            + " header",
        "format: csv | format: csv\u0001header: no\u0001columns: [t, t] | columns: [\"t\",\"t\"]"
            + " (expe",
        "format: csv | format: csv\u0001delimiter: ';;' | delimiter: ;; (expected: one character",
        "format: csv | format: tsv\u0001delimiter: ';' | delimiter: ; (expected: none: only csv",
        "format: csv | format: jsonl\u0001header: true | format: jsonl (expected: no header",
        "'  b:' | '  b: {derive: hour-of-day, column: t}' | features.b.column: t (expected: none"
            + " be",
        "'  b:' | '  b: {previous: a}' | features.b.per: missing (expected: the column that names",
        "'  b:' | '  b: {derive: hour-of-day, split: x}' | a category without type, split or last",
        "'  b:' | '  b*: {from: x}' | features.b*.from: x (expected: none beside a glob)",
        "'  b:' | '  b: [1]' | features.b: [1] (expected: keys and values)",
        "'  b:' | '  a: again' | expected: YAML, each key once",
        "'  b:' | 'explode: {column: a, separator: x, into: [c, d]}' | explode.into: [c, d]"
            + " (expected",
        "'  b:' | 'explode: {}' | explode.column: missing",
      })
  void eachProblemNamesKeyValueAndRule(String from, String to, String problem) {
    String mapping = Logs.PLAIN.replace(from, to.replace('\u0001', '\n'));
    assertThat(mapping).isNotEqualTo(Logs.PLAIN);
    assertThatThrownBy(() -> Mapping.parse("mine", mapping))
        .isInstanceOf(MappingException.class)
        .hasMessageStartingWith("mapping mine: ")
        .hasMessageContaining(problem);
  }

  @Test
  void aMappingWithoutFeaturesIsRefused() {
    String mapping = "time: {column: t}\nlabel: {column: y}\n";
    assertThat(problems(mapping))
        .containsExactly("features: none (expected: at least one feature)");
    assertThat(problems("[1, 2]")).contains("mapping: [1,2] (expected: keys and values)");
  }

  @Test
  void anUnknownMappingNamesTheNearestShippedOne() {
    assertThatThrownBy(() -> Mapping.load("kuairnd"))
        .isInstanceOf(MappingException.class)
        .hasMessage(
            "mapping kuairnd: mapping: kuairnd"
                + " (expected: a file or a shipped mapping; did you mean kuairand?)");
  }

  @Test
  void aMappingIsReadFromAUsersFile() throws IOException {
    Path file = Files.writeString(folder.resolve("own.yaml"), Logs.PLAIN);
    assertThat(Mapping.load(file.toString()).name()).isEqualTo(file.toString());
  }

  @Test
  void filesAndColumnsThatAreMissingAreReportedTogetherBeforeTheFirstExample() throws IOException {
    String mapping =
        """
        request-id: rid
        time: {column: tme}
        label: {column: y}
        features:
          user: user_idd
          "z*":
          shop: {from: shop}
          colour: {from: item}
        joins:
          shop: {file: shops.csv, key: id, on: user_id}
          item: {file: items.csv, key: item, on: item_id}
        """;
    Logs logs = new Logs(folder);
    logs.write("items.csv", "item_id,color\n");
    Path log = logs.write("log.csv", "user_id,y,time\n");
    var e =
        catchThrowableOfType(
            MappingException.class, () -> Logs.read(log, mapping, Map.of("shp", Path.of("x.csv"))));
    assertThat(e.problems().stream().map(problem -> problem.replace(folder + "/", "")))
        .containsExactlyInAnyOrder(
            "join: shp (expected: a join; did you mean shop?)",
            "features: z* (expected: a pattern that a column of log.csv matches)",
            "joins.shop.file: shops.csv (expected: an existing file)",
            "joins.item.on: item_id (expected: a column of log.csv: user_id, y, time)",
            "joins.item.key: item (expected: a column of items.csv; did you mean item_id?)",
            "features.colour: colour (expected: a column of items.csv; did you mean color?)",
            "time.column: tme (expected: a column of log.csv; did you mean time?)",
            "request-id: rid (expected: a column of log.csv: user_id, y, time)",
            "features.user: user_idd (expected: a column of log.csv; did you mean user_id?)");
  }

  @Test
  void aLogThatIsMissingIsOneProblem() {
    assertThatThrownBy(() -> Logs.read(folder.resolve("no.csv"), Logs.PLAIN, Map.of()))
        .isInstanceOf(MappingException.class)
        .hasMessageContaining("no.csv (expected: an existing file)");
  }

  private static List<String> problems(String mapping) {
    try {
      Mapping.parse("test", mapping);
      return List.of();
    } catch (MappingException e) {
      return e.problems();
    }
  }
}
