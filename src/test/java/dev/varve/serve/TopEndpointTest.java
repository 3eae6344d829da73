package dev.varve.serve;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.event.KeyedExample;
import dev.varve.learn.TopCategories;
import dev.varve.schema.Feature;
import dev.varve.table.Popularity;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TopEndpointTest {
  private static final long TIME_MS = 1_700_000_000_000L;

  private final TopCategories top = new TopCategories(new Popularity(60_000));
  private final RunningServer server =
      RunningServer.over(
          FakeEmbeddings.users().with("quiet", "1", 1, 2, 3),
          top,
          command -> {
            throw new AssertionError("no command expected: " + command);
          });

  @AfterEach
  void stop() {
    server.close();
  }

  private void learn(String table, String... ids) {
    var feature = Feature.newBuilder().setName(table).addAllIds(List.of(ids)).build();
    int[] none = {};
    top.offer(
        new KeyedExample(
            TIME_MS,
            1,
            1,
            1,
            false,
            null,
            none,
            none,
            new long[0],
            none,
            new float[0],
            List.of(feature)),
        0,
        0);
  }

  @Test
  void theMostPopularAreListedWithTheirBounds() throws Exception {
    learn("user", "7", "ü /", "9");
    learn("user", "7");
    learn("user", "ü /", "7");

    var answer = server.get("/api/tables/user/top?n=2");

    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.json())
        .hasToString(
            "{\"table\":\"user\",\"asOfMs\":1700000000000,\"categories\":["
                + "{\"name\":\"7\",\"popularity\":3.0,\"lower\":3.0,\"upper\":3.0},"
                + "{\"name\":\"ü /\",\"popularity\":2.0,\"lower\":2.0,\"upper\":2.0}]}");
    assertThat(server.get("/api/tables/user/top").json().path("categories")).hasSize(3);
  }

  @Test
  void aTableOfWhichNothingWasLearnedSinceTheStartHasAnEmptyList() throws Exception {
    var answer = server.get("/api/tables/quiet/top");

    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.json().path("categories")).isEmpty();
  }

  @Test
  void anUnknownTableIsRefused() throws Exception {
    var answer = server.get("/api/tables/nope/top");

    assertThat(answer.status()).isEqualTo(404);
    assertThat(answer.error()).isEqualTo("table: nope (expected: one of those of GET /api/status)");
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "-1", "501", "x", "99999999999"})
  void aNumberOutOfBoundsIsRefused(String n) throws Exception {
    var answer = server.get("/api/tables/user/top?n=" + n);

    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.error()).isEqualTo("n: %s (expected: from 1 to 500)".formatted(n));
  }
}
