package dev.varve.topology;

import static org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse.REPLACE_THREAD;
import static org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.store.ShardUnavailableException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.streams.errors.StreamsException;
import org.junit.jupiter.api.Test;

class ThreadFailuresTest {
  private static final int MOST = 20;

  private final ThreadFailures failures = new ThreadFailures("test");

  private static Throwable waiting() {
    return new StreamsException("task", new ShardUnavailableException(3, "not running"));
  }

  /** Without stack traces: they are logged. */
  private static Throwable broken() {
    var defect = new IllegalStateException("a defect");
    defect.setStackTrace(new StackTraceElement[0]);
    var wrapped = new StreamsException("task", defect);
    wrapped.setStackTrace(new StackTraceElement[0]);
    return wrapped;
  }

  @Test
  void aThreadThatWaitsForAShardIsReplacedForEver() {
    for (int i = 0; i < 3 * MOST; i++) {
      assertThat(failures.handle(waiting())).isEqualTo(REPLACE_THREAD);
    }
  }

  @Test
  void theTwentiethOtherFailureStopsTheApplication() {
    for (int i = 1; i < MOST; i++) {
      assertThat(failures.handle(broken())).isEqualTo(REPLACE_THREAD);
      assertThat(failures.handle(waiting())).isEqualTo(REPLACE_THREAD);
    }
    assertThat(failures.handle(broken())).isEqualTo(SHUTDOWN_CLIENT);
  }

  @Test
  void failuresThatAreFarApartNeverStopTheApplication() {
    var clock = new AtomicLong();
    var patient = new ThreadFailures("test", clock::get);
    for (int i = 0; i < 3 * MOST; i++) {
      assertThat(patient.handle(broken())).isEqualTo(REPLACE_THREAD);
      clock.addAndGet(Duration.ofMinutes(11).toNanos());
    }
  }
}
