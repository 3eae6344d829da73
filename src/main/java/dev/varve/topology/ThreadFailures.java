package dev.varve.topology;

import dev.varve.store.ShardUnavailableException;
import java.time.Duration;
import java.util.function.LongSupplier;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What happens when a stream thread fails: it is replaced, and the new one reads again what was not
 * committed. After too many failures in a row that are no mere wait for a shard, the application
 * stops.
 */
final class ThreadFailures implements StreamsUncaughtExceptionHandler {
  private static final Logger log = LoggerFactory.getLogger(ThreadFailures.class);
  private static final int MOST_FAILURES = 20;

  /** Failures so far apart have nothing to do with each other. */
  private static final Duration FORGOTTEN_AFTER = Duration.ofMinutes(10);

  private final String application;
  private final LongSupplier nanoTime;
  private int failures;
  private long newestNs;

  ThreadFailures(String application) {
    this(application, System::nanoTime);
  }

  /** With a clock. */
  ThreadFailures(String application, LongSupplier nanoTime) {
    this.application = application;
    this.nanoTime = nanoTime;
  }

  @Override
  public StreamThreadExceptionResponse handle(Throwable exception) {
    if (isWaiting(exception)) {
      log.warn("{}: {}; trying again", application, rootMessage(exception));
      return StreamThreadExceptionResponse.REPLACE_THREAD;
    }
    int count = count();
    log.error("{}: thread failed ({} of {})", application, count, MOST_FAILURES, exception);
    return count < MOST_FAILURES
        ? StreamThreadExceptionResponse.REPLACE_THREAD
        : StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
  }

  private synchronized int count() {
    long now = nanoTime.getAsLong();
    if (now - newestNs > FORGOTTEN_AFTER.toNanos()) {
      failures = 0;
    }
    newestNs = now;
    return ++failures;
  }

  private static boolean isWaiting(Throwable exception) {
    for (Throwable cause = exception; cause != null; cause = cause.getCause()) {
      if (cause instanceof ShardUnavailableException) {
        return true;
      }
    }
    return false;
  }

  private static String rootMessage(Throwable exception) {
    Throwable root = exception;
    for (Throwable cause = root.getCause(); cause != null; cause = cause.getCause()) {
      root = cause;
    }
    return String.valueOf(root.getMessage());
  }
}
