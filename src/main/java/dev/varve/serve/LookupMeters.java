package dev.varve.serve;

import com.linecorp.armeria.server.ServiceRequestContext;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * What is counted of lookups. Every meter exists from the start, so a rate can be drawn from the
 * first request on and no request pays for finding one. Requests that the transport itself refuses
 * (over its size limit, or no HTTP at all) are not lookups and not counted.
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
  private final OfProtocol rest;
  private final OfProtocol feast;
  private final OfProtocol grpc;
  private final Counter ids;
  private final Counter unknownIds;

  /** How a lookup came in. */
  enum Protocol {
    REST,
    FEAST,
    GRPC
  }

  LookupMeters(MeterRegistry registry) {
    this.registry = registry;
    rest = new OfProtocol(registry, "rest");
    feast = new OfProtocol(registry, "feast");
    grpc = new OfProtocol(registry, "grpc");
    ids = counter("varve.lookup.ids", "Ids looked up").register(registry);
    unknownIds = counter("varve.lookup.unknown.ids", "Ids without a row").register(registry);
  }

  /**
   * Counts and times one request, from its bytes to the bytes of the answer. One that was given up
   * while it waited for a thread is only counted.
   */
  <T> T measure(Protocol protocol, ServiceRequestContext ctx, Supplier<T> request) {
    OfProtocol meters = of(protocol);
    Throwable over = ctx.cancellationCause();
    if (over != null) {
      meters.count(givenUp(ctx));
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
      meters.latency.record(System.nanoTime() - start, TimeUnit.NANOSECONDS);
      meters.count(ctx.isCancelled() ? givenUp(ctx) : outcome);
    }
  }

  private static Outcome givenUp(ServiceRequestContext ctx) {
    return ctx.isTimedOut() ? Outcome.TIMED_OUT : Outcome.CANCELLED;
  }

  /** Counts a request that was refused because there were too many. */
  void countOverload(Protocol protocol) {
    of(protocol).count(Outcome.OVERLOADED);
  }

  /** Shows how many lookups there are at this moment. */
  void showInFlight(Number inFlight) {
    Gauge.builder("varve.lookup.in.flight", inFlight, Number::doubleValue)
        .description("Lookups from their headers to the end of their answer")
        .strongReference(true)
        .register(registry);
  }

  private OfProtocol of(Protocol protocol) {
    return switch (protocol) {
      case REST -> rest;
      case FEAST -> feast;
      case GRPC -> grpc;
    };
  }

  void countIds(int looked, int unknown) {
    ids.increment(looked);
    unknownIds.increment(unknown);
  }

  private static Counter.Builder counter(String name, String description) {
    return Counter.builder(name).description(description);
  }

  /** The meters of one protocol; requests by outcome. */
  private static final class OfProtocol {
    private final Timer latency;
    private final Map<Outcome, Counter> requests = new EnumMap<>(Outcome.class);

    OfProtocol(MeterRegistry registry, String protocol) {
      latency =
          Timer.builder("varve.lookup.latency")
              .description("Time from the bytes of a lookup to the bytes of its answer")
              .tag("protocol", protocol)
              .serviceLevelObjectives(LATENCIES)
              .register(registry);
      for (Outcome outcome : OUTCOMES) {
        requests.put(outcome, requests(registry, protocol, outcome));
      }
    }

    void count(Outcome outcome) {
      Objects.requireNonNull(requests.get(outcome)).increment();
    }

    private static Counter requests(MeterRegistry registry, String protocol, Outcome outcome) {
      return counter("varve.lookup.requests", "Lookups by how they came and how they ended")
          .tag("protocol", protocol)
          .tag("outcome", outcome.text())
          .register(registry);
    }
  }
}
