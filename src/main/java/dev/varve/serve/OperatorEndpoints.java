package dev.varve.serve;

import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.MediaType;
import com.linecorp.armeria.server.HttpService;
import com.linecorp.armeria.server.ServerBuilder;
import com.linecorp.armeria.server.ServiceRequestContext;
import com.linecorp.armeria.server.file.HttpFile;
import dev.varve.learn.TopCategories;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Status, topics and metrics, for people and monitoring; and the page that names all paths. */
final class OperatorEndpoints {
  private static final MediaType PROMETHEUS =
      MediaType.parse("text/plain; version=0.0.4; charset=utf-8");

  private static final HttpService OPENAPI =
      HttpFile.builder(OperatorEndpoints.class.getClassLoader(), "dev/varve/serve/openapi.yaml")
          .contentType("application/yaml")
          .build()
          .asService();

  private static final int DEFAULT_TOP = 20;

  private static final String PAGE =
      """
      Varve: embeddings that learn while they are served
      Where tokens are needed: authorization: Bearer TOKEN; health needs none, commands an operator's.

      Look up vectors, and predict (Open Inference Protocol v2; a model is a table, or score)
        POST /v2/models/{model}/infer
             {"inputs": [{"name": "ids", "datatype": "BYTES", "shape": [2], "data": ["7", "8"]}]}
        GET  /v2/models/{model}
        GET  /v2/models/{model}/ready
        GET  /v2
        GET  /v2/health/live
        GET  /v2/health/ready
        Also below /v2/models/{model}/versions/{layout version}, and as gRPC on its own port.

      Look up vectors as a Feast client (a feature view is a table)
        POST /get-online-features
             {"features": ["{table}:embedding"], "entities": {"{table}": [7, 8]}}

      Watch
        GET  /api/status
        GET  /api/topics
        GET  /api/tables/{table}/top?n=20
        GET  /api/explain/{table}/{id}
        GET  /metrics
        GET  /openapi.yaml               all of this for programs

      Rebalance (bodies as in schemas/varve/v1/command.proto)
        GET  /api/rebalance
        GET  /api/rebalance/history
        POST /api/rebalance/plan         {"budget": 67108864, "unit": "BYTES"}
        POST /api/rebalance/apply        {"plan": "..."}
        POST /api/rebalance/cancel
        POST /api/rebalance/rollback     {"version": 3}
        POST /api/rebalance/pause
        POST /api/rebalance/resume
        POST /api/rebalance/pin          {"table": "item_id", "id": "42", "dimension": 16}
        POST /api/rebalance/unpin        {"table": "item_id", "id": "42"}
        POST /api/rebalance/set-budget   {"budget": 2000000, "unit": "PARAMETERS"}
      """;

  private final Served served;

  OperatorEndpoints(Served served) {
    this.served = served;
  }

  /** Adds its paths to a server. */
  void addTo(ServerBuilder server) {
    server
        .route()
        .get("/")
        .build((_, _) -> HttpResponse.of(HttpStatus.OK, MediaType.PLAIN_TEXT_UTF_8, PAGE));
    server.route().get("/api/status").build(blocking(() -> Json.ok(served.status().get())));
    server.route().get("/api/topics").build(blocking(() -> Json.ok(served.topics().get())));
    server.route().get("/api/tables/{table}/top").build(this::top);
    server.route().get("/metrics").build(blocking(this::metrics));
    server.route().get("/openapi.yaml").build(OPENAPI);
  }

  private HttpResponse top(ServiceRequestContext ctx, HttpRequest request) {
    String table = String.valueOf(ctx.pathParam("table"));
    int n = number(ctx.queryParam("n"));
    return HttpResponse.of(() -> Json.ok(top(table, n)), ctx.blockingTaskExecutor());
  }

  private TopCategories.Top top(String table, int n) {
    return served
        .top()
        .top(table, n)
        .orElseGet(
            () -> {
              if (!served.embeddings().tables().containsKey(table)) {
                throw RefusedException.notFound("table", table, "one of those of GET /api/status");
              }
              return new TopCategories.Top(table, 0, List.of());
            });
  }

  private static int number(@Nullable String n) {
    if (n == null) {
      return DEFAULT_TOP;
    }
    if (!n.matches("[1-9]\\d{0,3}") || Integer.parseInt(n) > TopCategories.MOST) {
      throw RefusedException.malformed("n", n, "from 1 to " + TopCategories.MOST);
    }
    return Integer.parseInt(n);
  }

  private HttpResponse metrics() {
    return HttpResponse.of(HttpStatus.OK, PROMETHEUS, served.registry().scrape());
  }

  /** Suppliers and gauges may ask Kafka, which no event loop should wait for. */
  private static HttpService blocking(Supplier<HttpResponse> answer) {
    return (ctx, _) -> HttpResponse.of(answer, ctx.blockingTaskExecutor());
  }
}
