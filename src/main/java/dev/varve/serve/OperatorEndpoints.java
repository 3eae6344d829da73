package dev.varve.serve;

import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.MediaType;
import com.linecorp.armeria.server.HttpService;
import com.linecorp.armeria.server.ServerBuilder;
import java.util.function.Supplier;

/** Status, topics and metrics, for people and monitoring; and the page that names all paths. */
final class OperatorEndpoints {
  private static final MediaType PROMETHEUS =
      MediaType.parse("text/plain; version=0.0.4; charset=utf-8");

  private static final String PAGE =
      """
      Varve: embeddings that learn while they are served

      Look up vectors (Open Inference Protocol v2; a model is a table)
        POST /v2/models/{table}/infer
             {"inputs": [{"name": "ids", "datatype": "BYTES", "shape": [2], "data": ["7", "8"]}]}
        GET  /v2/models/{table}
        GET  /v2/models/{table}/ready
        GET  /v2
        GET  /v2/health/live
        GET  /v2/health/ready
        Also below /v2/models/{table}/versions/{layout version}, and as gRPC on its own port.

      Watch
        GET  /api/status
        GET  /api/topics
        GET  /metrics
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
    server.route().get("/metrics").build(blocking(this::metrics));
  }

  private HttpResponse metrics() {
    return HttpResponse.of(HttpStatus.OK, PROMETHEUS, served.registry().scrape());
  }

  /** Suppliers and gauges may ask Kafka, which no event loop should wait for. */
  private static HttpService blocking(Supplier<HttpResponse> answer) {
    return (ctx, _) -> HttpResponse.of(answer, ctx.blockingTaskExecutor());
  }
}
