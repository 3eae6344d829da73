package dev.varve.serve;

import com.linecorp.armeria.common.ContentTooLargeException;
import com.linecorp.armeria.common.TimeoutException;
import com.linecorp.armeria.common.util.Exceptions;
import dev.varve.base.Bytes;
import dev.varve.base.Check;
import dev.varve.store.ShardUnavailableException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a caller is told of an exception: never more than its message, and of one that nobody
 * foresaw not even that.
 */
record Failure(Outcome outcome, String message) {
  private static final Logger LOG = LoggerFactory.getLogger(Failure.class);

  static Failure of(Throwable thrown) {
    return switch (Exceptions.peel(thrown)) {
      case RefusedException refused -> new Failure(refused.outcome(), messageOf(refused));
      case ShardUnavailableException shard -> new Failure(Outcome.UNAVAILABLE, messageOf(shard));
      case ContentTooLargeException tooLarge ->
          new Failure(Outcome.TOO_LARGE, tooLarge(new Bytes(tooLarge.maxContentLength())));
      case TimeoutException _ ->
          new Failure(
              Outcome.TIMED_OUT,
              Check.message("request", "timed out", "an answer within serve.request-timeout"));
      default ->
          new Failure(
              Outcome.FAILED,
              Check.message("request", "failed", "an answer; the server's log says why"));
    };
  }

  /** The same; an exception that nobody foresaw goes to the log. */
  static Failure logged(Throwable thrown, String request) {
    Failure failure = of(thrown);
    // A caller who hung up is no fault of ours.
    if (failure.outcome == Outcome.FAILED && !Exceptions.isExpected(Exceptions.peel(thrown))) {
      LOG.error("{} failed", request, Exceptions.peel(thrown));
    }
    return failure;
  }

  private static String messageOf(RuntimeException thrown) {
    return String.valueOf(thrown.getMessage());
  }

  /** What is said of a body beyond the limit. */
  static String tooLarge(Bytes most) {
    return Check.message("body", "larger", "at most %s, serve.max-body".formatted(most));
  }
}
