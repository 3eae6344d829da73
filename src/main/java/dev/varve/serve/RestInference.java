package dev.varve.serve;

import com.linecorp.armeria.common.AggregatedHttpRequest;
import com.linecorp.armeria.common.HttpData;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.MediaType;
import com.linecorp.armeria.common.ResponseHeaders;
import com.linecorp.armeria.server.ServerBuilder;
import com.linecorp.armeria.server.ServiceRequestContext;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The Open Inference Protocol over HTTP, with tensors in JSON or in binary behind it. */
final class RestInference {
  private static final String MODEL = "/v2/models/{model}";
  private static final String VERSION = MODEL + "/versions/{version}";

  /** How many bytes of a body are JSON; absent where all are. */
  static final String BINARY_HEADER = "Inference-Header-Content-Length";

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
  void addTo(ServerBuilder server, LookupLimit limit) {
    server.route().get("/v2").build((_, _) -> Json.ok(server()));
    server.route().get("/v2/health/live").build((_, _) -> Json.ok(Map.of("live", true)));
    server.route().get("/v2/health/ready").build((_, _) -> ready());
    server.route().get(MODEL).get(VERSION).build((ctx, _) -> metadata(ctx));
    server.route().get(MODEL + "/ready").get(VERSION + "/ready").build((ctx, _) -> ready(ctx));
    server
        .route()
        .post(MODEL + "/infer")
        .post(VERSION + "/infer")
        .blockingTaskExecutor(limit.threads(), false)
        .decorator((it, ctx, request) -> limit.serve(LookupMeters.Protocol.REST, it, ctx, request))
        .build(this::infer);
  }

  private Map<String, Object> server() {
    return Map.of(
        "name", Inference.PLATFORM, "version", version, "extensions", Inference.EXTENSIONS);
  }

  private HttpResponse ready() {
    boolean ready = inference.ready();
    return Json.respond(statusOf(ready), Map.of("ready", ready));
  }

  private HttpResponse ready(ServiceRequestContext ctx) {
    String model = model(ctx);
    boolean ready = inference.ready(model, version(ctx));
    return Json.respond(statusOf(ready), Map.of("name", model, "ready", ready));
  }

  private HttpResponse metadata(ServiceRequestContext ctx) {
    return Json.ok(inference.metadata(model(ctx), version(ctx)));
  }

  private HttpResponse infer(ServiceRequestContext ctx, HttpRequest request) {
    Work work = inference.work(model(ctx));
    // A body that did not arrive, or is too large, ends here: it is no request for a model.
    return HttpResponse.of(
        request
            .aggregate()
            .thenApplyAsync(
                body ->
                    meters.measure(LookupMeters.Protocol.REST, work, ctx, () -> infer(ctx, body)),
                LookupThreads.executor(
                    ctx, work, request.headers().contentLength(), inference.mayWait())));
  }

  private HttpResponse infer(ServiceRequestContext ctx, AggregatedHttpRequest request) {
    byte[] body = request.content().array();
    int jsonBytes = jsonBytes(request.headers().get(BINARY_HEADER), body.length);
    Inputs inputs = inference.inputs(model(ctx));
    RestRequest read = JsonRequestReader.read(model(ctx), version(ctx), body, jsonBytes, inputs);
    return write(inference.answer(read.head(), inputs), read.binary());
  }

  private static int jsonBytes(@Nullable String header, int bodyBytes) {
    if (header == null) {
      return bodyBytes;
    }
    if (!header.matches("\\d{1,9}") || Integer.parseInt(header) > bodyBytes) {
      throw RefusedException.malformed(
          BINARY_HEADER, header, "from 0 to %d, the bytes of the body".formatted(bodyBytes));
    }
    return Integer.parseInt(header);
  }

  private static HttpResponse write(Answer answer, Set<Output> binary) {
    JsonAnswerWriter.Written written = JsonAnswerWriter.write(answer, binary);
    if (binary.isEmpty()) {
      return HttpResponse.of(HttpStatus.OK, MediaType.JSON, written.body());
    }
    ResponseHeaders headers =
        ResponseHeaders.builder(HttpStatus.OK)
            .contentType(MediaType.OCTET_STREAM)
            .add(BINARY_HEADER, Integer.toString(written.jsonBytes()))
            .build();
    return HttpResponse.of(headers, HttpData.wrap(written.body()));
  }

  private static String model(ServiceRequestContext ctx) {
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
