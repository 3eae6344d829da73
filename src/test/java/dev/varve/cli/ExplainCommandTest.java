package dev.varve.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.schema.Explanation;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class ExplainCommandTest {
  @Test
  void aRowIsExplained() throws IOException {
    try (var server = new FakeServer(200, RebalanceAnswers.json(RebalanceAnswers.explanation()))) {
      assertThat(CommandRun.of("explain", "item", "4/2 ü", "--server", server.url()))
          .isEqualTo(
              new CommandRun(
                  0,
                  """
                  item 42: a row of dimension 2, shard 3
                  popularity 12.35 as of 2022-04-15T05:20:05Z, last seen 2022-04-15T05:20:00Z
                  layout 2: dimension 2 from 0.5000, 16 from 120
                  next: dimension 16 at popularity 120

                  moved                 d  then  layout  popularity  why
                  2022-04-15T05:19:59Z  0     2       2      0.5100  admitted
                  """,
                  ""));
      assertThat(server.request())
          .isEqualTo(new FakeServer.Request("GET", "/api/explain/item/4%2F2%20%C3%BC", ""));
    }
  }

  @Test
  void aCategoryWithoutARowHasAnErrorBoundAndMayBePinned() throws IOException {
    Explanation counted =
        RebalanceAnswers.explanation().toBuilder()
            .clearMoves()
            .clearLastSeenMs()
            .clearNext()
            .setKind("counted")
            .setPopularityError(0.25)
            .setPinned(0)
            .build();
    try (var server = new FakeServer(200, RebalanceAnswers.json(counted))) {
      assertThat(CommandRun.of("explain", "item", "42", "--server", server.url()).out())
          .isEqualTo(
              """
              item 42: no row yet, counted in the sketch, shard 3
              popularity 12.35 (at most 0.2500 less) as of 2022-04-15T05:20:05Z, last seen -
              layout 2: dimension 2 from 0.5000, 16 from 120
              pinned to dimension 0
              """);
    }
  }

  @Test
  void anUnknownTableIsImpossible() throws IOException {
    String error = "{\"error\": \"table: x (expected: a table)\"}";
    try (var server = new FakeServer(404, error)) {
      assertThat(CommandRun.of("explain", "x", "1", "--server", server.url()))
          .isEqualTo(new CommandRun(2, "", "table: x (expected: a table)\n"));
    }
  }
}
