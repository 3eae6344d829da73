package dev.varve.serve;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
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

  private final Map<Work, Map<Protocol, OfProtocol>> meters = new EnumMap<>(Work.class);
  private final Counter ids;
  private final Counter unknownIds;
  private final Counter examples;

  /** How a request came in. */
  enum Protocol {
    REST,
    GRPC
  }

  LookupMeters(MeterRegistry registry) {
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

  /** Counts and times one request, from its bytes to the bytes of the answer. */
  <T> T measure(Protocol protocol, Work work, Supplier<T> request) {
    OfProtocol of = Objects.requireNonNull(meters.get(work)).get(protocol);
    OfProtocol counted = Objects.requireNonNull(of);
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
      Objects.requireNonNull(counted.requests.get(outcome)).increment();
    }
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
      for (Outcome outcome : Outcome.values()) {
        requests.put(outcome, requests(registry, work, protocol, outcome));
      }
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
