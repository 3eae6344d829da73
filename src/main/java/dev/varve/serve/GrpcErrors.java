package dev.varve.serve;

import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.ResponseHeaders;
import com.linecorp.armeria.common.grpc.GrpcSerializationFormats;
import com.linecorp.armeria.common.grpc.protocol.GrpcHeaderNames;
import com.linecorp.armeria.common.grpc.protocol.StatusMessageEscaper;
import com.linecorp.armeria.common.util.Exceptions;
import com.linecorp.armeria.server.ServerErrorHandler;
import com.linecorp.armeria.server.ServiceRequestContext;
import io.grpc.Status;
import org.jspecify.annotations.Nullable;

/** Turns what goes wrong around a gRPC service into a gRPC status. */
final class GrpcErrors implements ServerErrorHandler {
  /** The status of a call that ended by itself: Armeria says of a late one that it is cancelled. */
  static Status status(Status status, Throwable cause) {
    Failure failure = Failure.of(cause);
    return failure.outcome() == Outcome.TIMED_OUT
        ? failure.outcome().grpc().withDescription(failure.message())
        : status;
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
