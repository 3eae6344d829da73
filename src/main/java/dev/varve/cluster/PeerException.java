package dev.varve.cluster;

import io.grpc.Status;
import java.util.concurrent.TimeoutException;

/** Another instance gave no answer, or not to what was asked. */
final class PeerException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  PeerException(String address, Throwable cause) {
    super("%s: %s (expected: an answer)".formatted(address, words(cause)), cause);
  }

  private static String words(Throwable cause) {
    if (cause instanceof TimeoutException) {
      return "nothing";
    }
    Status status = Status.fromThrowable(cause);
    String description = status.getDescription();
    return description == null ? status.getCode().toString() : description;
  }

  /** Whether nothing came at all: an instance that refuses is there. */
  static boolean isSilence(Throwable cause) {
    Status status = Status.fromThrowable(cause);
    boolean isRefusal =
        status.getCode() == Status.Code.UNAVAILABLE
            && status.getDescription() != null
            && status.getDescription().startsWith("shard ");
    return !isRefusal;
  }
}
