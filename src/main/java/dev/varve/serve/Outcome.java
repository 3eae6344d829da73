package dev.varve.serve;

import com.linecorp.armeria.common.HttpStatus;
import io.grpc.Status;
import java.util.Locale;

/** How a request ended, in the words of both transports. */
enum Outcome {
  /** Answered. */
  OK(200, Status.Code.OK),
  /** The request contradicts the protocol or itself. */
  MALFORMED(400, Status.Code.INVALID_ARGUMENT),
  /** No such table, or not at this version. */
  NOT_FOUND(404, Status.Code.NOT_FOUND),
  /** More bytes or ids than a request may bring. */
  TOO_LARGE(413, Status.Code.RESOURCE_EXHAUSTED),
  /** Nobody knows who asks. */
  UNAUTHENTICATED(401, Status.Code.UNAUTHENTICATED),
  /** It is known who asks, and that is not enough. */
  FORBIDDEN(403, Status.Code.PERMISSION_DENIED),
  /** There are too many others at this moment. */
  OVERLOADED(429, Status.Code.RESOURCE_EXHAUSTED),
  /** Not answered in time. */
  TIMED_OUT(504, Status.Code.DEADLINE_EXCEEDED),
  /** Nobody waits for the answer any more. */
  CANCELLED(499, Status.Code.CANCELLED),
  /** Right, but not now. */
  UNAVAILABLE(503, Status.Code.UNAVAILABLE),
  /** Our fault. */
  FAILED(500, Status.Code.INTERNAL);

  private final int http;
  private final Status.Code grpc;

  Outcome(int http, Status.Code grpc) {
    this.http = http;
    this.grpc = grpc;
  }

  HttpStatus http() {
    return HttpStatus.valueOf(http);
  }

  Status grpc() {
    return grpc.toStatus();
  }

  /** Lower case, as in metrics. */
  String text() {
    return name().toLowerCase(Locale.ROOT);
  }
}
