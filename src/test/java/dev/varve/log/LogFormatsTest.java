package dev.varve.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LogFormatsTest {
  private static final String TSV =
      """
      format: tsv
      header: false
      columns: [t, y, a, b]
      time: {column: t}
      label: {column: y}
      features:
        a:
        b:
      """;
  private static final String JSONL =
      """
      format: jsonl
      time: {column: t}
      label: {column: y}
      features:
        a:
        b: deep.er.b
        n: {type: numerical}
      """;

  private final Logs logs;

  LogFormatsTest(@TempDir Path folder) {
    logs = new Logs(folder);
  }

  @ParameterizedTest
  @ValueSource(strings = {"log.csv", "log.csv.zst", "log.csv.gz"})
  void compressionIsSeenFromTheSuffix(String name) throws IOException {
    Path log = logs.write(name, "t,y,a,b\n" + "5,1,x,y\n".repeat(2_000));
    try (var reader = LogReader.open(log, Mapping.parse("test", Logs.PLAIN), Map.of())) {
      int rows = 0;
      while (reader.next() != null) {
        rows++;
      }
      assertThat(rows).isEqualTo(2_000);
      assertThat(reader.bytesRead()).isEqualTo(Files.size(log));
      assertThat(reader.sizeBytes()).hasValue(Files.size(log));
    }
  }

  @Test
  void quotedCellsHoldDelimitersQuotesAndLineBreaks() throws IOException {
    String csv = "t,y,a,b\n1,1,\"x,\"\"y\"\"\",\"one\r\ntwo\"\n2,0,\"\",p\"q\n";
    assertThat(Logs.shown(logs.read("log.csv", csv, Logs.PLAIN)))
        .containsExactly("a=x,\"y\" b=one\r\ntwo", "b=p\"q");
  }

  @Test
  void carriageReturnsEmptyLinesAndAByteOrderMarkAreNoContent() throws IOException {
    String csv = "\uFEFFt,y,a,b\r\n1,1,x,y\r\n\r\n2,0,x,z";
    List<LogRow> rows = logs.read("log.csv", csv, Logs.PLAIN);
    assertThat(Logs.shown(rows)).containsExactly("a=x b=y", "a=x b=z");
    assertThat(rows).extracting(LogRow::row).containsExactly(1L, 2L);
  }

  @Test
  void anotherDelimiterMayBeGiven() throws IOException {
    String mapping = Logs.PLAIN.replace("format: csv", "format: csv\ndelimiter: \";\"");
    assertThat(Logs.shown(logs.read("log.csv", "t;y;a;b\n1;1;x,1;y\n", mapping)))
        .containsExactly("a=x,1 b=y");
  }

  @Test
  void aQuoteInTsvIsACharacter() throws IOException {
    assertThat(Logs.shown(logs.read("log.tsv", "1\t1\t\"x\ty\"\n2\t0\t\t\"\n", TSV)))
        .containsExactly("a=\"x b=y\"", "b=\"");
  }

  @Test
  void jsonLinesHoldArraysNumbersAndNestedObjects() throws IOException {
    String jsonl =
        """
        {"t": 1, "y": 1, "a": ["p", 2, null], "deep": {"x": {"b": 0}, "er": {"b": true}}, "n": -1.5}
        {"y": 0, "ignored": [{"a": 1}], "t": 2, "a": "q", "n": null}
        """;
    assertThat(Logs.shown(logs.read("log.jsonl", jsonl, JSONL)))
        .containsExactly("a=p|2 b=true n=-1.5", "a=q");
  }

  @Test
  void brokenJsonCostsItsRowOnly() throws IOException {
    String jsonl =
        """
        {"t": 1, "y": 1, "a": "x
        [1]
        {"t": 1, "y": 1, "a": "x"} {}
        {"t": 1, "y": 1, "a": {"b": 2}}
        {"t": 1, "y": 1, "a": "good"}
        """;
    List<LogRow> rows = logs.read("log.jsonl", jsonl, JSONL);
    assertThat(rows).hasSize(5);
    assertThat(rows.subList(0, 4)).allMatch(row -> row instanceof LogRow.Refused);
    assertThat(((LogRow.Refused) rows.getFirst()).raw())
        .isEqualTo("{\"t\": 1, \"y\": 1, \"a\": \"x");
    assertThat(Logs.shown(rows).getFirst()).contains("expected: one JSON object per line");
    assertThat(Logs.shown(rows).getLast()).isEqualTo("a=good");
  }

  @Test
  void theFormatFollowsFromTheSuffixWhereTheMappingNamesNone() throws IOException {
    String json = JSONL.replace("format: jsonl\n", "");
    assertThat(Logs.shown(logs.read("log.ndjson.gz", "{\"t\": 1, \"y\": 1, \"a\": 3}\n", json)))
        .containsExactly("a=3");
    String csv = Logs.PLAIN.replace("format: csv\n", "");
    assertThat(Logs.shown(logs.read("log.csv.gz", "t,y,a,b\n1,1,x,\n", csv)))
        .containsExactly("a=x");
    assertThatThrownBy(() -> logs.read("log.txt", "t,y,a,b\n", csv))
        .isInstanceOf(MappingException.class)
        .hasMessageContaining("expected: a name in .csv, .tsv or .jsonl, or a format given");
  }

  @Test
  void aCellOfTenMegabytesPasses() throws IOException {
    String big = "\"" + "é,\n".repeat(3_333_333) + "\"";
    List<LogRow> rows =
        logs.read("log.csv", "t,y,a,b\n1,1,%s,b\n2,0,x,y\n".formatted(big), Logs.PLAIN);
    assertThat(Logs.examples(rows).getFirst().getFeatures(0).getIds(0)).hasSize(9_999_999);
    assertThat(Logs.shown(rows).getLast()).isEqualTo("a=x b=y");
  }

  @Test
  void aLineBeyondTheLimitIsRefusedAndTheNextIsRead() throws IOException {
    char[] line = new char[Lines.MAX_CHARS + 100_000];
    Arrays.fill(line, 'x');
    String csv = "t,y,a,b\n1,1,%s,b\n2,0,x,y\n".formatted(new String(line));
    List<LogRow> rows = logs.read("log.csv", csv, Logs.PLAIN);
    assertThat(rows).hasSize(2);
    var refused = (LogRow.Refused) rows.getFirst();
    assertThat(refused.raw()).hasSize(64 * 1024).startsWith("1,1,xxx");
    assertThat(refused.reason()).isEqualTo("row: longer (expected: at most 16777216 characters)");
    assertThat(Logs.shown(rows).getLast()).isEqualTo("a=x b=y");
  }

  @Test
  void aQuoteThatIsNeverClosedCostsItsLineOnly() throws IOException {
    String csv = "t,y,a,b\n1,1,\"open,b\n2,0,x,y\n3,1,x,z\n";
    assertThat(Logs.shown(logs.read("log.csv", csv, Logs.PLAIN)))
        .containsExactly(
            "refused: cell 3: open,b (expected: a quote that is closed)", "a=x b=y", "a=x b=z");
  }

  @Test
  void textBehindAClosingQuoteIsRefused() throws IOException {
    String csv = "t,y,a,b\n1,1,\"x\"y,b\n2,0,x,y\n";
    List<LogRow> rows = logs.read("log.csv", csv, Logs.PLAIN);
    assertThat(Logs.shown(rows).getFirst())
        .startsWith("refused: cell 3: x\"y,b (expected: a delim");
    assertThat(((LogRow.Refused) rows.getFirst()).raw()).isEqualTo("1,1,\"x\"y,b");
    assertThat(Logs.shown(rows).getLast()).isEqualTo("a=x b=y");
  }

  @Test
  void aRowWithAnotherNumberOfCellsIsRefused() throws IOException {
    String csv = "t,y,a,b\n1,1,x\n1,1,x,y,z\n1,1,x,y\n";
    assertThat(Logs.shown(logs.read("log.csv", csv, Logs.PLAIN)))
        .containsExactly(
            "refused: columns: 3 (expected: 4)", "refused: columns: 5 (expected: 4)", "a=x b=y");
  }

  @Test
  void anEmptyLogLacksItsHeaderAndAHeaderAloneIsALogWithoutRows() throws IOException {
    assertThatThrownBy(() -> logs.read("log.csv", "", Logs.PLAIN))
        .isInstanceOf(MappingException.class)
        .hasMessageContaining("log.csv is empty (expected: a header with the columns' names)");
    assertThat(logs.read("log.csv", "t,y,a,b\n", Logs.PLAIN)).isEmpty();
    assertThat(logs.read("log.tsv", "", TSV)).isEmpty();
    assertThat(logs.read("log.jsonl", "", JSONL)).isEmpty();
  }

  @Test
  void aFileThatBreaksOffSaysWhere() throws IOException {
    Path whole = logs.write("log.csv.zst", "t,y,a,b\n" + "5,1,x,y\n".repeat(200_000));
    byte[] bytes = Files.readAllBytes(whole);
    Path broken = Files.write(whole, Arrays.copyOf(bytes, bytes.length - 10));
    assertThatThrownBy(() -> Logs.read(broken, Logs.PLAIN, Map.of()))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("log.csv.zst behind row ");
  }

  @Test
  void whatIsNotCompressedAsItsNameSaysIsAProblem() throws IOException {
    Path log = Files.writeString(logs.folder().resolve("log.csv.gz"), "t,y,a,b\n");
    assertThatThrownBy(() -> Logs.read(log, Logs.PLAIN, Map.of()))
        .isInstanceOf(MappingException.class)
        .hasMessageContaining("expected: a readable file: ");
  }
}
