package dev.varve.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.Test;

class TopCommandTest {
  private static final String ANSWER =
      """
      {"table": "item", "asOfMs": 1650000000000, "categories": [
        {"name": "a b", "popularity": 1234.5, "lower": 1200.0, "upper": 1250.25},
        {"name": "7", "popularity": 1.5, "lower": 0.0, "upper": 1.5}]}
      """;

  @Test
  void theCategoriesAreATable() throws IOException {
    try (var server = new FakeServer(200, ANSWER)) {
      assertThat(CommandRun.of("top", "item", "-n", "2", "--server", server.url()))
          .isEqualTo(
              new CommandRun(
                  0,
                  """
                  item: as of 2022-04-15T05:20:00Z
                  id   popularity  at least  at most
                  a b       1,235     1,200    1,250
                  7          1.50         0     1.50
                  """,
                  ""));
      assertThat(server.request())
          .isEqualTo(new FakeServer.Request("GET", "/api/tables/item/top?n=2", ""));
    }
  }

  @Test
  void theJsonIsTheServersWhole() throws IOException {
    try (var server = new FakeServer(200, ANSWER)) {
      assertThat(
              Json.MAPPER.readTree(
                  CommandRun.of("top", "item", "--json", "--server", server.url()).out()))
          .isEqualTo(Json.MAPPER.readTree(ANSWER));
      assertThat(server.request().path()).endsWith("?n=20");
    }
  }

  @Test
  void anEmptyListSaysSo() throws IOException {
    try (var server = new FakeServer(200, "{\"table\": \"item\", \"categories\": []}")) {
      assertThat(CommandRun.of("top", "item", "--server", server.url()).out())
          .isEqualTo("nothing learned since the start\n");
    }
  }

  @Test
  void aNumberThatTheServerRefusesIsImpossible() throws IOException {
    try (var server = new FakeServer(400, "{\"error\": \"n: 0 (expected: from 1 to 500)\"}")) {
      assertThat(CommandRun.of("top", "item", "-n", "0", "--server", server.url()))
          .isEqualTo(new CommandRun(2, "", "n: 0 (expected: from 1 to 500)\n"));
    }
  }
}
