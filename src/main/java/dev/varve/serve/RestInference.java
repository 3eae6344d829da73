package dev.varve.serve;

import com.linecorp.armeria.common.AggregatedHttpRequest;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.MediaType;
import com.linecorp.armeria.server.ServerBuilder;
import com.linecorp.armeria.server.ServiceRequestContext;
import java.util.List;
import java.util.Map;

/** The Open Inference Protocol over HTTP, in JSON. */
final class RestInference {
  private static final String MODEL = "/v2/models/{model}";
  private static final String VERSION = MODEL + "/versions/{version}";

  /** Announces tensors in binary behind the JSON, which this server does not offer. */
  private static final String BINARY_HEADER = "Inference-Header-Content-Length";

  private final Inference inference;
  private final LookupMeters meters;
  private final String version;

  /**
   * The service.
   *
   * @param version of Varve
   */
  RestInference(Inference inference, LookupMeters meters, String version) {
    this.inference = inference;
    this.meters = meters;
    this.version = version;
  }

  /** Adds its paths to a server. */
  void addTo(ServerBuilder server) {
    server.route().get("/v2").build((_, _) -> Json.ok(server()));
    server.route().get("/v2/health/live").build((_, _) -> Json.ok(Map.of("live", true)));
    server.route().get("/v2/health/ready").build((_, _) -> ready());
    server.route().get(MODEL).get(VERSION).build((ctx, _) -> metadata(ctx));
    server.route().get(MODEL + "/ready").get(VERSION + "/ready").build((ctx, _) -> ready(ctx));
    server.route().post(MODEL + "/infer").post(VERSION + "/infer").build(this::infer);
  }

  private Map<String, Object> server() {
    return Map.of("name", Inference.PLATFORM, "version", version, "extensions", List.of());
  }

  private HttpResponse ready() {
    boolean ready = inference.ready();
    return Json.respond(statusOf(ready), Map.of("ready", ready));
  }

  private HttpResponse ready(ServiceRequestContext ctx) {
    String table = table(ctx);
    boolean ready = inference.ready(table, version(ctx));
    return Json.respond(statusOf(ready), Map.of("name", table, "ready", ready));
  }

  private HttpResponse metadata(ServiceRequestContext ctx) {
    return Json.ok(inference.metadata(table(ctx), version(ctx)));
  }

  private HttpResponse infer(ServiceRequestContext ctx, HttpRequest request) {
    // A body that did not arrive, or is too large, ends here: it is no lookup.
    return HttpResponse.of(
        request
            .aggregate()
            .thenApplyAsync(
                body -> meters.measure(LookupMeters.Protocol.REST, () -> infer(ctx, body)),
                LookupThreads.executor(ctx, request.headers().contentLength())));
  }

  private HttpResponse infer(ServiceRequestContext ctx, AggregatedHttpRequest request) {
    String binary = request.headers().get(BINARY_HEADER);
    if (binary != null) {
      throw RefusedException.malformed(
          BINARY_HEADER, binary, "none; tensors are JSON here, and raw over gRPC");
    }
    LookupRequest lookup =
        JsonRequestReader.read(
            table(ctx), version(ctx), request.content().array(), inference.maxIds());
    return HttpResponse.of(
        HttpStatus.OK, MediaType.JSON, JsonAnswerWriter.write(inference.lookup(lookup)));
  }

  private static String table(ServiceRequestContext ctx) {
    return String.valueOf(ctx.pathParam("model"));
  }

  private static String version(ServiceRequestContext ctx) {
    String version = ctx.pathParam("version");
    return version == null ? "" : version;
  }

  private static HttpStatus statusOf(boolean ready) {
    return ready ? HttpStatus.OK : HttpStatus.SERVICE_UNAVAILABLE;
  }
}
