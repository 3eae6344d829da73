package dev.varve.serve;

import com.linecorp.armeria.common.AggregatedHttpResponse;
import com.linecorp.armeria.common.HttpHeaderNames;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.MediaType;
import com.linecorp.armeria.common.RequestHeaders;
import com.linecorp.armeria.server.HttpStatusException;
import com.linecorp.armeria.server.ServerErrorHandler;
import com.linecorp.armeria.server.ServiceConfig;
import com.linecorp.armeria.server.ServiceRequestContext;
import dev.varve.base.Bytes;
import dev.varve.base.Check;
import org.jspecify.annotations.Nullable;

/** Turns whatever goes wrong over HTTP into {@code {"error": "..."}}, and never more than that. */
final class JsonErrors implements ServerErrorHandler {
  private final Bytes maxBody;

  JsonErrors(Bytes maxBody) {
    this.maxBody = maxBody;
  }

  @Override
  public HttpResponse onServiceException(ServiceRequestContext ctx, Throwable cause) {
    if (cause instanceof HttpStatusException ended) {
      return render(ended.httpStatus(), ctx.method().name(), ctx.path()).toHttpResponse();
    }
    Failure failure = Failure.logged(cause, ctx.method() + " " + ctx.path());
    AggregatedHttpResponse answer = error(failure.outcome().http(), failure.message());
    return switch (failure.outcome()) {
      // What HTTP wants to be said beside these two.
      case UNAUTHENTICATED -> with(HttpHeaderNames.WWW_AUTHENTICATE, "Bearer", answer);
      case OVERLOADED -> with(HttpHeaderNames.RETRY_AFTER, "1", answer);
      default -> answer.toHttpResponse();
    };
  }

  @Override
  public AggregatedHttpResponse renderStatus(
      @Nullable ServiceRequestContext ctx,
      ServiceConfig config,
      @Nullable RequestHeaders headers,
      HttpStatus status,
      @Nullable String description,
      @Nullable Throwable cause) {
    String method = headers == null ? "none" : headers.method().name();
    return render(status, method, headers == null ? "none" : headers.path());
  }

  private AggregatedHttpResponse render(HttpStatus status, String method, String path) {
    String message =
        switch (status.code()) {
          case 404 -> Check.message("path", path, "one of those that GET / lists");
          case 405 -> Check.message("method", method, "the one that GET / lists for the path");
          // A body that announces its length is refused before any service sees it.
          case 413 -> Failure.tooLarge(maxBody);
          default -> Check.message("request", status, "a valid HTTP request");
        };
    return error(status, message);
  }

  private static HttpResponse with(CharSequence name, String value, AggregatedHttpResponse answer) {
    return HttpResponse.of(
        answer.headers().withMutations(headers -> headers.set(name, value)), answer.content());
  }

  private static AggregatedHttpResponse error(HttpStatus status, String message) {
    return AggregatedHttpResponse.of(status, MediaType.JSON, Json.error(message));
  }
}
