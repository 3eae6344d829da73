package dev.varve.serve;

import com.google.protobuf.InvalidProtocolBufferException;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.ResponseHeaders;
import com.linecorp.armeria.common.grpc.GrpcSerializationFormats;
import com.linecorp.armeria.common.grpc.protocol.GrpcHeaderNames;
import com.linecorp.armeria.common.grpc.protocol.StatusMessageEscaper;
import com.linecorp.armeria.common.util.Exceptions;
import com.linecorp.armeria.server.ServerErrorHandler;
import com.linecorp.armeria.server.ServiceRequestContext;
import dev.varve.base.Bytes;
import dev.varve.base.Check;
import io.grpc.Status;
import org.jspecify.annotations.Nullable;

/** Turns what goes wrong around a gRPC service into a gRPC status. */
final class GrpcErrors implements ServerErrorHandler {
  /**
   * The status of a call that ended by itself: Armeria says of a late one that it is cancelled, of
   * a message that cannot be read that it is our fault, and of one that is too large what is too
   * large where.
   */
  static Status status(Status status, Throwable cause, Bytes maxBody) {
    if (isUnreadable(status.getCause()) || isUnreadable(cause)) {
      return Outcome.MALFORMED
          .grpc()
          .withDescription(Check.message("message", "not readable", "the rpc's request, protobuf"));
    }
    boolean isOurs = String.valueOf(status.getDescription()).contains("(expected: ");
    if (status.getCode() == Status.Code.RESOURCE_EXHAUSTED && !isOurs) {
      return Outcome.TOO_LARGE.grpc().withDescription(Failure.tooLarge(maxBody));
    }
    Failure failure = Failure.of(cause);
    return failure.outcome() == Outcome.TIMED_OUT
        ? failure.outcome().grpc().withDescription(failure.message())
        : status;
  }

  private static boolean isUnreadable(@Nullable Throwable thrown) {
    for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
      if (cause instanceof InvalidProtocolBufferException) {
        return true;
      }
    }
    return false;
  }

  @Override
  public @Nullable HttpResponse onServiceException(ServiceRequestContext ctx, Throwable cause) {
    if (!(Exceptions.peel(cause) instanceof RefusedException refused)) {
      // Anything else is no gRPC: Armeria answers it.
      return null;
    }
    Failure failure = Failure.of(refused);
    return HttpResponse.of(
        ResponseHeaders.builder(HttpStatus.OK)
            .endOfStream(true)
            .contentType(GrpcSerializationFormats.PROTO.mediaType())
            .addInt(GrpcHeaderNames.GRPC_STATUS, failure.outcome().grpc().getCode().value())
            .add(GrpcHeaderNames.GRPC_MESSAGE, StatusMessageEscaper.escape(failure.message()))
            .build());
  }
}
