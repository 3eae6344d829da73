package dev.varve.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.linecorp.armeria.common.HttpMethod;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.server.ServiceRequestContext;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;

class LookupMetersTest {
  private final MeterRegistry registry = new SimpleMeterRegistry();
  private final LookupMeters meters = new LookupMeters(registry);
  private final ServiceRequestContext ctx =
      ServiceRequestContext.of(HttpRequest.of(HttpMethod.POST, "/v2/models/user/infer"));

  @Test
  void lookupThatWasGivenUpWhileItWaitedIsCountedAndNotDone() {
    ctx.timeoutNow();

    assertNotDone("timed_out");
  }

  @Test
  void lookupWhoseCallerHungUpWhileItWaitedIsCountedAndNotDone() {
    ctx.cancel(new CancellationException("hung up"));

    assertNotDone("cancelled");
  }

  @Test
  void lookupThatComesTooLateIsNoneThatWasAnswered() {
    String answer =
        meters.measure(
            LookupMeters.Protocol.REST,
            Work.LOOKUP,
            ctx,
            () -> {
              ctx.timeoutNow();
              return "late";
            });

    assertThat(answer).isEqualTo("late");
    assertThat(count("timed_out")).isOne();
    assertThat(count("ok")).isZero();
  }

  private void assertNotDone(String outcome) {
    assertThatThrownBy(
            () ->
                meters.measure(
                    LookupMeters.Protocol.REST,
                    Work.LOOKUP,
                    ctx,
                    () -> {
                      throw new AssertionError("nobody waits for this");
                    }))
        .isInstanceOf(CompletionException.class);
    assertThat(count(outcome)).isOne();
  }

  private double count(String outcome) {
    return registry
        .get("varve.lookup.requests")
        .tag("protocol", "rest")
        .tag("outcome", outcome)
        .counter()
        .count();
  }
}
