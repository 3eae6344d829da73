package dev.varve.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.schema.Example;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RowMapperTest {
  private final Logs logs;

  RowMapperTest(@TempDir Path folder) {
    logs = new Logs(folder);
  }

  @Test
  void anExampleHoldsTimeLabelRequestIdAndFeatures() throws IOException {
    String mapping = Logs.PLAIN + "request-id: r\n";
    List<LogRow> rows = logs.read("log.csv", "r,t,y,a,b\nq7,1234,1,x,y\nq8,1235,0,x,\n", mapping);
    List<Example> examples = Logs.examples(rows);
    assertThat(Logs.shown(rows)).containsExactly("a=x b=y", "a=x");
    assertThat(examples).extracting(Example::getRequestId).containsExactly("q7", "q8");
    assertThat(examples).extracting(Example::getEventTimeMs).containsExactly(1234L, 1235L);
    assertThat(examples).extracting(Example::getLabel).containsExactly(1f, 0f);
    assertThat(examples).noneMatch(Example::hasWeight);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "unit: ms | 1600000000123 | 2020-09-13T12:26:40.123Z",
        "unit: s | 1600000000 | 2020-09-13T12:26:40Z",
        "unit: s | 1600000000.5 | 2020-09-13T12:26:40.500Z",
        "pattern: 'M/d/yyyy h:mm:ss a' | 9/3/2020 1:02:03 PM | 2020-09-03T13:02:03Z",
        "pattern: 'yyyy-MM-dd HH:mm:ss' | 2020-09-03 13:02:03 | 2020-09-03T13:02:03Z",
        "pattern: yyMMddHH | 20090313 | 2020-09-03T13:00:00Z",
        "pattern: yyyy-MM-dd | 2020-09-03 | 2020-09-03T00:00:00Z",
        "pattern: iso | 2020-09-03T13:02:03.5+02:00 | 2020-09-03T11:02:03.500Z",
        "pattern: iso | 2020-09-03T13:02:03 | 2020-09-03T13:02:03Z",
      })
  void timesAreReadAsTheMappingSays(String how, String text, Instant expected) throws IOException {
    String mapping = Logs.PLAIN.replace("{column: t}", "{column: t, %s}".formatted(how));
    List<LogRow> rows = logs.read("log.csv", "t,y,a,b\n%s,1,x,y\n".formatted(text), mapping);
    long ms = Logs.examples(rows).getFirst().getEventTimeMs();
    assertThat(Instant.ofEpochMilli(ms)).isEqualTo(expected);
  }

  @Test
  void aLogWithoutTimeIsSpreadByRowNumber() throws IOException {
    String mapping = Logs.PLAIN.replace("{column: t}", "{start: 1970-01-01T00:00:01Z, step: 10ms}");
    List<LogRow> rows = logs.read("log.csv", "y,a,b\n1,x,y\nbad,x,y\n0,x,y\n", mapping);
    assertThat(((LogRow.Mapped) rows.get(0)).example().getEventTimeMs()).isEqualTo(1_000);
    assertThat(((LogRow.Mapped) rows.get(2)).example().getEventTimeMs()).isEqualTo(1_020);
  }

  @Test
  void hourAndDayComeFromTheEventTime() throws IOException {
    String mapping =
        Logs.PLAIN
            + """
              hour: {derive: hour-of-day}
              day: {derive: day-of-week}
            """;
    long monday = Instant.parse("2024-01-01T23:59:59Z").toEpochMilli();
    String csv = "t,y,a,b\n%d,1,,\n%d,1,,\n0,1,,\n".formatted(monday, monday + 1_000);
    assertThat(Logs.shown(logs.read("log.csv", csv, mapping)))
        .containsExactly("hour=23 day=1", "hour=0 day=2", "hour=0 day=4");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "positive: 1 | 1 | 1",
        "positive: 1 | 0 | 0",
        "positive: yes, negative: no | no | 0",
        "positive: buy, negative: '*' | look | 0",
        "at-least: 4 | 4 | 1",
        "at-least: 4 | 3.9 | 0",
      })
  void labelsAreReadAsTheMappingSays(String how, String text, float expected) throws IOException {
    String mapping = Logs.PLAIN.replace("{column: y}", "{column: y, %s}".formatted(how));
    List<LogRow> rows = logs.read("log.csv", "t,y,a,b\n1,%s,x,y\n".formatted(text), mapping);
    assertThat(Logs.examples(rows)).extracting(Example::getLabel).containsExactly(expected);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'' | soon,1,x,y,1 | t: soon (expected: milliseconds since 1970, before the year 10000)",
        "'' | -1,1,x,y,1 | t: -1 (expected: milliseconds since 1970, before the year 10000)",
        "'' | ,1,x,y,1 | t:  (expected: milliseconds since 1970, before the year 10000)",
        "'' | 1,2,x,y,1 | y: 2 (expected: 1 or 0)",
        "'' | 1,,x,y,1 | y:  (expected: 1 or 0)",
        "'' | 1,1,x,y,1e | n: 1e (expected: a number)",
        "'' | 1,1,x,y,NaN | n: NaN (expected: a number)",
        "'' | 1,1,x,y,0x1p3 | n: 0x1p3 (expected: a number)",
        "'' | 1,1,x,y,1e999 | n: 1e999 (expected: a number)",
        "'' | 1,1,,, | features: none (expected: at least one that is not empty)",
        "pattern: yyyy | 2020-13,1,x,y,1 | t: 2020-13 (expected: a time like yyyy)",
        "pattern: yyyy-MM-dd | 2020-13-01,1,x,y,1 | t: 2020-13-01 (expected: a time like"
            + " yyyy-MM-dd)",
      })
  void aRowThatCannotBeMappedSaysWhyAndTheNextIsRead(String time, String row, String reason)
      throws IOException {
    String mapping = Logs.PLAIN + "  n: {type: numerical}\n";
    if (!time.isEmpty()) {
      mapping = mapping.replace("{column: t}", "{column: t, %s}".formatted(time));
    }
    List<LogRow> rows = logs.read("log.csv", "t,y,a,b,n\n%s\n".formatted(row), mapping);
    assertThat(rows).containsExactly(new LogRow.Refused(1, row, reason));
  }

  @Test
  void aLongValueIsCutInTheReason() throws IOException {
    String csv = "t,y,a,b\n%s,1,x,y\n".formatted("9x".repeat(1_000));
    var refused = (LogRow.Refused) logs.read("log.csv", csv, Logs.PLAIN).getFirst();
    assertThat(refused.reason())
        .contains("9x... (2000 characters) (expected: ")
        .hasSizeLessThan(300);
    assertThat(refused.raw()).hasSize(2_006);
  }

  @Test
  void severalValuesAreSplitStrippedAndCutToTheLast() throws IOException {
    String mapping = Logs.PLAIN.replace("  a:\n", "  a: {split: \";\", last: 2}\n");
    String csv = "t,y,a,b\n1,1,p; q ;;r,y\n1,1,p,y\n1,1,;,y\n";
    assertThat(Logs.shown(logs.read("log.csv", csv, mapping)))
        .containsExactly("a=q|r b=y", "a=p b=y", "b=y");
  }

  @Test
  void aGlobTakesEveryColumnButTimeLabelRequestIdAndThoseNamedAlready() throws IOException {
    String mapping =
        """
        format: csv
        request-id: cid
        time: {column: ctime}
        label: {column: clicked}
        features:
          "c*": {type: numerical}
          c2:
        """;
    String csv = "cid,ctime,clicked,c1,c2,d1,c3\nr,1,1,1.5,2,3,-4\n";
    assertThat(Logs.shown(logs.read("log.csv", csv, mapping)))
        .containsExactly("c1=1.5 c3=-4.0 c2=2");
  }

  @Test
  void aJoinAddsTheFeaturesOfTheKeyAndNothingForAnUnknownOne() throws IOException {
    String mapping =
        """
        format: csv
        time: {column: t}
        label: {column: y}
        features:
          item: i
          brand: {from: items}
          tags: {from: items, split: "|"}
          weight: {from: items, column: grams, type: numerical}
        joins:
          items: {file: items.tsv.gz, key: id, on: i, format: tsv}
        """;
    logs.write(
        "items.tsv.gz", "id\tgrams\tbrand\ttags\n7\t1.5\tacme\ta|b\n8\t\t\t\n7\t2\tlast\tc\n");
    String csv = "t,y,i\n1,1,7\n1,1,8\n1,1,9\n1,0,7\n";
    assertThat(Logs.shown(logs.read("log.csv", csv, mapping)))
        .containsExactly(
            "item=7 brand=last tags=c weight=2.0",
            "item=8",
            "item=9",
            "item=7 brand=last tags=c weight=2.0");
  }

  @Test
  void aSideFileMayBeElsewhereAndHoldJson() throws IOException {
    String mapping =
        Logs.PLAIN
            + """
              tags: {from: side}
            joins:
              side: {file: nowhere.jsonl, key: id, on: a, format: jsonl}
            """;
    Path side = logs.write("other.jsonl.zst", "{\"id\": \"x\", \"tags\": [1, 2]}\n");
    Path log = logs.write("log.csv", "t,y,a,b\n1,1,x,\n");
    assertThat(Logs.shown(Logs.read(log, mapping, Map.of("side", side))))
        .containsExactly("a=x tags=1|2");
  }

  @Test
  void aSideTableWithABrokenRowIsOneProblem() throws IOException {
    String mapping =
        Logs.PLAIN
            + """
              c: {from: side}
            joins:
              side: {file: side.csv, key: id, on: a, format: csv}
            """;
    logs.write("side.csv", "id,c\nx,1\ny\n");
    assertThatThrownBy(() -> logs.read("log.csv", "t,y,a,b\n1,1,x,\n", mapping))
        .isInstanceOf(MappingException.class)
        .hasMessageContaining("joins.side row 2: columns: 1 (expected: 2) (expected: a row like");
  }

  @Test
  void aRowWithSeveralCandidatesGivesAnExampleForEach() throws IOException {
    String mapping =
        """
        format: tsv
        header: false
        columns: [r, u, t, shown]
        request-id: r
        time: {column: t}
        explode: {column: shown, separator: " ", pair-separator: "-", into: [item, clicked]}
        label: {column: clicked}
        features:
          u:
          item:
          kind: {from: items}
        joins:
          items: {file: items.csv, key: id, on: item, format: csv}
        """;
    logs.write("items.csv", "id,kind\nN-1,big\n");
    List<LogRow> rows =
        logs.read(
            "log.tsv",
            "5\tu1\t9\tN-1-0 N2-1\n6\tu2\t9\tN2\n7\tu3\t9\tN3-1 N4-2\n8\tu\t9\t\n",
            mapping);
    assertThat(Logs.shown(rows))
        .containsExactly(
            "u=u1 item=N-1 kind=big",
            "u=u1 item=N2",
            "refused: shown: N2 (expected: candidate-label)",
            "refused: clicked: 2 (expected: 1 or 0)",
            "refused: shown:  (expected: at least one candidate)");
    List<Example> examples = Logs.examples(rows.subList(0, 2));
    assertThat(examples).extracting(Example::getLabel).containsExactly(0f, 1f);
    assertThat(examples).extracting(Example::getRequestId).containsExactly("5/1", "5/2");
    assertThat(rows).extracting(LogRow::row).containsExactly(1L, 1L, 2L, 3L, 4L);
  }

  @Test
  void previousIsTheLastValueOfTheSameKeyInRowsThatWereMapped() throws IOException {
    String mapping = Logs.PLAIN + "  before: {previous: b, per: a}\n";
    String csv = "t,y,a,b\n1,1,u,p\n1,1,v,q\n1,1,u,r\n1,7,u,bad\n1,1,u,\n1,1,u,s\n";
    assertThat(Logs.shown(logs.read("log.csv", csv, mapping)))
        .containsExactly(
            "a=u b=p",
            "a=v b=q",
            "a=u b=r before=p",
            "refused: y: 7 (expected: 1 or 0)",
            "a=u before=r",
            "a=u b=s before=r");
  }
}
