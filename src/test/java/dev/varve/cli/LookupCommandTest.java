package dev.varve.cli;

import static dev.varve.testing.Cases.forAll;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LookupCommandTest {
  private static final String ANSWER =
      """
      {"model_name": "user_id", "model_version": "3", "new": {"in": "a later version"},
       "parameters": {"watermark_ms": 1650000000000},
       "outputs": [
         {"name": "embeddings", "datatype": "FP32", "shape": [2, 2], "data": [0.25, -1.5, 0, -0.0]},
         {"name": "status", "datatype": "INT8", "shape": [2], "data": [1, 0]}]}
      """;

  @Test
  void eachIdIsOneJsonObjectOnItsOwnLine() throws IOException {
    try (var server = new FakeServer(200, ANSWER)) {
      var run = CommandRun.of("lookup", "user_id", "a", "ü 1", "--json", "--server", server.url());

      assertThat(run)
          .isEqualTo(
              new CommandRun(
                  0,
                  """
                  {"id":"a","status":"row","vector":[0.25,-1.5]}
                  {"id":"ü 1","status":"unknown","vector":[0.0,-0.0]}
                  """,
                  ""));
      assertThat(server.request())
          .isEqualTo(
              new FakeServer.Request(
                  "POST",
                  "/v2/models/user_id/infer",
                  "{\"inputs\":[{\"name\":\"ids\",\"datatype\":\"BYTES\",\"shape\":[2],"
                      + "\"data\":[\"a\",\"ü 1\"]}]}"));
    }
  }

  @Test
  void theListingSaysHowFreshItIs() throws IOException {
    try (var server = new FakeServer(200, ANSWER)) {
      assertThat(CommandRun.of("lookup", "user_id", "7", "12345", "--server", server.url()).out())
          .isEqualTo(
              """
              user_id: layout 3, learned up to 2022-04-15T05:20:00Z
              id     status   vector
              7      row        0.25000  -1.50000
              12345  unknown    0.00000  -0.00000
              """);
    }
  }

  @Test
  void everyFloatSurvivesBitForBit() {
    forAll(
        20,
        random -> {
          var bits = new ArrayList<Integer>();
          while (bits.size() < 64) {
            int candidate = random.nextInt();
            if (Float.isFinite(Float.intBitsToFloat(candidate))) {
              bits.add(candidate);
            }
          }
          assertThat(lookedUp(bits)).isEqualTo(bits);
        });
  }

  private static List<Integer> lookedUp(List<Integer> bits) throws IOException {
    String floats =
        bits.stream()
            .map(b -> Float.toString(Float.intBitsToFloat(b)))
            .collect(Collectors.joining(","));
    String answer =
        """
        {"model_version": "1", "outputs": [
          {"name": "embeddings", "shape": [1, %d], "data": [%s]},
          {"name": "status", "shape": [1], "data": [1]}]}
        """
            .formatted(bits.size(), floats);
    try (var server = new FakeServer(200, answer)) {
      String line = CommandRun.of("lookup", "t", "a", "--json", "--server", server.url()).out();
      String vector = line.substring(line.indexOf('[') + 1, line.indexOf(']'));
      return Stream.of(vector.split(","))
          .map(text -> Float.floatToRawIntBits(Float.parseFloat(text)))
          .toList();
    }
  }

  @Test
  void aTableNameIsOnePartOfThePathWhateverItsLetters() throws IOException {
    try (var server = new FakeServer(200, ANSWER)) {
      CommandRun.of("lookup", "a/b c+ü", "1", "2", "--server", server.url() + "/varve/");

      assertThat(server.request().path()).isEqualTo("/varve/v2/models/a%2Fb%20c%2B%C3%BC/infer");
    }
  }

  @Test
  void anIdMayBeginWithADashAfterTwoDashes() throws IOException {
    try (var server = new FakeServer(200, ANSWER)) {
      assertThat(
              CommandRun.of("lookup", "t", "--json", "--server", server.url(), "--", "-1", "-x")
                  .out())
          .contains("\"id\":\"-1\"", "\"id\":\"-x\"");
    }
  }

  @Test
  void anIdWithAnAtSignIsNoFileWithArguments(@TempDir Path folder) throws IOException {
    String id = "@" + Files.writeString(folder.resolve("file"), "other");
    try (var server = new FakeServer(200, ANSWER)) {
      CommandRun.of("lookup", "t", id, "b", "--server", server.url());

      assertThat(server.request().body()).contains(id);
    }
  }

  @Test
  void theServersOwnErrorIsPrintedOnOneLine() throws IOException {
    try (var server = new FakeServer(404, "{\"error\": \"model: x (expected:\\n a table)\"}")) {
      assertThat(CommandRun.of("lookup", "x", "1", "--server", server.url()))
          .isEqualTo(
              new CommandRun(
                  1,
                  "",
                  "model: x (expected: a table) (HTTP 404 from %s/v2/models/x/infer)%n"
                      .formatted(server.url())));
    }
  }

  @Test
  void anErrorThatIsNoJsonIsPrintedAsItIs() throws IOException {
    try (var server = new FakeServer(502, "<p>bad\ngateway</p>")) {
      assertThat(CommandRun.of("lookup", "x", "1", "--server", server.url()).err())
          .startsWith("<p>bad gateway</p> (HTTP 502 from ");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "<html>",
        "{}",
        "[]",
        "{\"outputs\": [{\"name\": \"embeddings\", \"shape\": [1, 2], \"data\": [1]}]}",
        "{\"outputs\": [{\"name\": \"embeddings\", \"shape\": [1, 1], \"data\": [1]}]}",
        "{\"outputs\": [{\"name\": \"embeddings\", \"shape\": [1, 1], \"data\": [1]},"
            + " {\"name\": \"status\", \"shape\": [1], \"data\": [77]}]}",
      })
  void anAnswerThatIsNoLookupIsAFailure(String answer) throws IOException {
    try (var server = new FakeServer(200, answer)) {
      var run = CommandRun.of("lookup", "x", "1", "--server", server.url());

      assertThat(run.exitCode()).isEqualTo(1);
      assertThat(run.out()).isEmpty();
      assertThat(run.err())
          .contains(" (expected: ")
          .doesNotContain("internal error")
          .hasLineCount(1);
    }
  }

  @Test
  void aServerThatIsNotThereIsNamedWithTheRemedy() throws IOException {
    String url;
    try (var server = new FakeServer(200, "")) {
      url = server.url();
    }
    assertThat(CommandRun.of("lookup", "x", "1", "--server", url))
        .isEqualTo(
            new CommandRun(
                1,
                "",
                "server: %s (expected: a running Varve; start it with: ops/varve up)%n"
                    .formatted(url)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"localhost:8000", "ftp://localhost", "http://", "http://a b", "http://a?b"})
  void aServerThatIsNoUrlIsWrongUsage(String url) {
    var run = CommandRun.of("lookup", "x", "1", "--server", url);

    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.err())
        .contains("'--server': " + url + " (expected: a URL such as http://127.0.0.1:8000)");
  }

  @Test
  void atLeastOneIdIsNeeded() {
    assertThat(CommandRun.of("lookup", "user_id").exitCode()).isEqualTo(2);
  }
}
