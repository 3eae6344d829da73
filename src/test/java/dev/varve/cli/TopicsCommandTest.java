package dev.varve.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.Test;

class TopicsCommandTest {
  private static final String ANSWER =
      """
      [{"name": "varve.examples", "purpose": "labelled examples", "partitions": 4,
        "records": 1234567, "cleanup": "delete"},
       {"name": "varve.layout", "purpose": "layout versions", "partitions": 1,
        "records": 2, "cleanup": "compact"}]
      """;

  @Test
  void theTopicsAreATable() throws IOException {
    try (var server = new FakeServer(200, ANSWER)) {
      assertThat(CommandRun.of("topics", "--server", server.url()))
          .isEqualTo(
              new CommandRun(
                  0,
                  """
                  topic           partitions    records  cleanup  purpose
                  varve.examples           4  1,234,567  delete   labelled examples
                  varve.layout             1          2  compact  layout versions
                  """,
                  ""));
      assertThat(server.request()).isEqualTo(new FakeServer.Request("GET", "/api/topics", ""));
    }
  }

  @Test
  void theJsonIsTheServersWhole() throws IOException {
    try (var server = new FakeServer(200, ANSWER)) {
      assertThat(
              Json.MAPPER.readTree(
                  CommandRun.of("topics", "--json", "--server", server.url()).out()))
          .isEqualTo(Json.MAPPER.readTree(ANSWER));
    }
  }
}
