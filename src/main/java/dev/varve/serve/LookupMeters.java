package dev.varve.serve;

import com.linecorp.armeria.server.ServiceRequestContext;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * What is counted of lookups and predictions. Every meter exists from the start, so a rate can be
 * drawn from the first request on and no request pays for finding one. Requests that the transport
 * itself refuses (over its size limit, or no HTTP at all) are neither and not counted.
 *
 * <p><b>Threads:</b> any.
 */
final class LookupMeters {
  private static final Duration[] LATENCIES = {
    Duration.ofNanos(100_000),
    Duration.ofNanos(250_000),
    Duration.ofNanos(500_000),
    Duration.ofMillis(1),
    Duration.ofNanos(2_500_000),
    Duration.ofMillis(5),
    Duration.ofMillis(10),
    Duration.ofMillis(25),
    Duration.ofMillis(100),
    Duration.ofSeconds(1)
  };

  /** The others are counted of all requests, by {@link Access}. */
  private static final Set<Outcome> OUTCOMES =
      EnumSet.complementOf(EnumSet.of(Outcome.UNAUTHENTICATED, Outcome.FORBIDDEN));

  private final MeterRegistry registry;
  private final Map<Work, Map<Protocol, OfProtocol>> meters = new EnumMap<>(Work.class);
  private final Counter ids;
  private final Counter unknownIds;
  private final Counter examples;

  /** How a request came in. */
  enum Protocol {
    REST,
    FEAST,
    GRPC
  }

  LookupMeters(MeterRegistry registry) {
    this.registry = registry;
    for (Work work : Work.values()) {
      Map<Protocol, OfProtocol> each = new EnumMap<>(Protocol.class);
      for (Protocol protocol : Protocol.values()) {
        each.put(protocol, new OfProtocol(registry, work, protocol));
      }
      meters.put(work, each);
    }
    ids = counter("varve.lookup.ids", "Ids looked up").register(registry);
    unknownIds = counter("varve.lookup.unknown.ids", "Ids without a row").register(registry);
    examples = counter("varve.score.examples", "Examples predicted").register(registry);
  }

  /**
   * Counts and times one request, from its bytes to the bytes of the answer. One that was given up
   * while it waited for a thread is only counted.
   */
  <T> T measure(Protocol protocol, Work work, ServiceRequestContext ctx, Supplier<T> request) {
    OfProtocol counted = of(protocol, work);
    Throwable over = ctx.cancellationCause();
    if (over != null) {
      counted.count(givenUp(ctx));
      throw new CompletionException(over);
    }
    long start = System.nanoTime();
    Outcome outcome = Outcome.FAILED;
    try {
      T answer = request.get();
      outcome = Outcome.OK;
      return answer;
    } catch (RuntimeException e) {
      outcome = Failure.of(e).outcome();
      throw e;
    } finally {
      counted.latency.record(System.nanoTime() - start, TimeUnit.NANOSECONDS);
      counted.count(ctx.isCancelled() ? givenUp(ctx) : outcome);
    }
  }

  private static Outcome givenUp(ServiceRequestContext ctx) {
    return ctx.isTimedOut() ? Outcome.TIMED_OUT : Outcome.CANCELLED;
  }

  /** Counts a request that was refused because there were too many. */
  void countOverload(Protocol protocol) {
    of(protocol, Work.LOOKUP).count(Outcome.OVERLOADED);
  }

  /** Shows how many lookups there are at this moment. */
  void showInFlight(Number inFlight) {
    Gauge.builder("varve.lookup.in.flight", inFlight, Number::doubleValue)
        .description("Lookups from their headers to the end of their answer")
        .strongReference(true)
        .register(registry);
  }

  private OfProtocol of(Protocol protocol, Work work) {
    return Objects.requireNonNull(Objects.requireNonNull(meters.get(work)).get(protocol));
  }

  void countIds(int looked, int unknown) {
    ids.increment(looked);
    unknownIds.increment(unknown);
  }

  void countExamples(int predicted) {
    examples.increment(predicted);
  }

  private static String name(Work work) {
    return "varve." + work.name().toLowerCase(Locale.ROOT);
  }

  private static Counter.Builder counter(String name, String description) {
    return Counter.builder(name).description(description);
  }

  /** The meters of one protocol; requests by outcome. */
  private static final class OfProtocol {
    private final Timer latency;
    private final Map<Outcome, Counter> requests = new EnumMap<>(Outcome.class);

    OfProtocol(MeterRegistry registry, Work work, Protocol of) {
      String protocol = of.name().toLowerCase(Locale.ROOT);
      latency =
          Timer.builder(name(work) + ".latency")
              .description("Time from the bytes of a request to the bytes of its answer")
              .tag("protocol", protocol)
              .serviceLevelObjectives(LATENCIES)
              .register(registry);
      for (Outcome outcome : OUTCOMES) {
        requests.put(outcome, requests(registry, work, protocol, outcome));
      }
    }

    void count(Outcome outcome) {
      Objects.requireNonNull(requests.get(outcome)).increment();
    }

    private static Counter requests(
        MeterRegistry registry, Work work, String protocol, Outcome outcome) {
      return counter(name(work) + ".requests", "Requests by how they came and how they ended")
          .tag("protocol", protocol)
          .tag("outcome", outcome.text())
          .register(registry);
    }
  }
}
