package dev.varve.serve;

import com.linecorp.armeria.common.AggregatedHttpRequest;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.MediaType;
import com.linecorp.armeria.server.ServerBuilder;
import com.linecorp.armeria.server.ServiceRequestContext;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a Feast client with {@code online_store: {type: remote}} reads from: the one path of a
 * feature server that reads.
 *
 * <p><b>Errors:</b> in Feast's form, a JSON text which is itself JSON and names the exception that
 * the client throws. What the transport refuses has the form of the other paths, which a client
 * shows as it is.
 *
 * <p><b>Source:</b> Feast 0.67, {@code feature_server.py} and {@code errors.py}.
 */
final class FeastEndpoint {
  static final String PATH = "/get-online-features";

  private final Inference inference;
  private final int maxIds;
  private final LookupMeters meters;

  FeastEndpoint(Inference inference, int maxIds, LookupMeters meters) {
    this.inference = inference;
    this.maxIds = maxIds;
    this.meters = meters;
  }

  /** Adds its path to a server. */
  void addTo(ServerBuilder server, LookupLimit limit) {
    server
        .route()
        .post(PATH)
        .blockingTaskExecutor(limit.threads(), false)
        .decorator((it, ctx, request) -> limit.serve(LookupMeters.Protocol.FEAST, it, ctx, request))
        .build(this::answer);
  }

  private HttpResponse answer(ServiceRequestContext ctx, HttpRequest request) {
    // A body that did not arrive, or is too large, ends here: it is no lookup.
    return HttpResponse.of(
        request
            .aggregate()
            .thenApplyAsync(
                body -> answerOrRefuse(ctx, body),
                LookupThreads.executor(
                    ctx, Work.LOOKUP, request.headers().contentLength(), inference.mayWait())));
  }

  private HttpResponse answerOrRefuse(ServiceRequestContext ctx, AggregatedHttpRequest body) {
    try {
      return meters.measure(LookupMeters.Protocol.FEAST, Work.LOOKUP, ctx, () -> answer(body));
    } catch (RuntimeException e) {
      return refusal(Failure.logged(e, "POST " + PATH));
    }
  }

  private HttpResponse answer(AggregatedHttpRequest body) {
    FeastRequest request = FeastRequestReader.read(body.content().array(), maxIds);
    Map<String, LookupAnswer> found = new LinkedHashMap<>();
    for (String table : request.tables()) {
      long[] keys = request.entity(table).keys();
      found.put(
          table,
          inference.lookup(new LookupRequest(table, "", "", keys, OutputSet.LOOKUP.usual())));
    }
    return HttpResponse.of(HttpStatus.OK, MediaType.JSON, FeastAnswerWriter.write(request, found));
  }

  private static HttpResponse refusal(Failure failure) {
    boolean notFound = failure.outcome() == Outcome.NOT_FOUND;
    var error =
        Map.of(
            "module",
            "feast.errors",
            "class",
            notFound ? "FeatureViewNotFoundException" : "FeastError",
            "message",
            failure.message());
    return Json.respond(failure.outcome().http(), Json.text(error));
  }
}
