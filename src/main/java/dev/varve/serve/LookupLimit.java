package dev.varve.serve;

import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.util.BlockingTaskExecutor;
import com.linecorp.armeria.server.HttpService;
import com.linecorp.armeria.server.ServiceRequestContext;
import io.netty.util.AttributeKey;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Bounds how many lookups there are at once on both ports, and refuses more at once: a queue would
 * only make all of them late, and holds their bodies meanwhile.
 *
 * <p>A lookup counts from its headers until its answer is sent and its work is done. Both, since a
 * lookup that was given up after {@code serve.request-timeout} may still wait for a thread, and
 * must not make room for the next one there.
 *
 * <p>Lookups have threads of their own, so that status and metrics are answered while all of these
 * are busy. Armeria has a limit of concurrency for clients only; its throttling of servers is by
 * rate, and does not learn when a request has ended.
 *
 * <p><b>Threads:</b> any.
 */
final class LookupLimit implements AutoCloseable {
  private static final AttributeKey<Place> PLACE = AttributeKey.valueOf(LookupLimit.class, "PLACE");

  private final int most;
  private final LookupMeters meters;
  private final AtomicInteger inFlight = new AtomicInteger();
  private final BlockingTaskExecutor threads =
      BlockingTaskExecutor.builder().threadNamePrefix("varve-lookup-blocking").daemon(true).build();

  LookupLimit(int most, LookupMeters meters) {
    this.most = most;
    this.meters = meters;
    meters.showInFlight(inFlight);
  }

  /** The threads for lookups that should not hold up an event loop. */
  BlockingTaskExecutor threads() {
    return threads;
  }

  /** Serves a lookup, or refuses it. */
  HttpResponse serve(
      LookupMeters.Protocol protocol,
      HttpService delegate,
      ServiceRequestContext ctx,
      HttpRequest request)
      throws Exception {
    if (inFlight.incrementAndGet() > most) {
      inFlight.decrementAndGet();
      meters.countOverload(protocol);
      throw RefusedException.overloaded(
          "lookups",
          "%d at once".formatted(most),
          "fewer, serve.max-concurrent; try again in a moment");
    }
    var place = new Place(inFlight);
    ctx.setAttr(PLACE, place);
    try {
      HttpResponse response = delegate.serve(ctx, request);
      var _ = response.whenComplete().whenComplete((_, _) -> place.leave());
      return response;
    } catch (Exception e) {
      place.leave();
      throw e;
    }
  }

  /** An executor whose tasks keep their lookup's place until they are done. */
  static Executor keepingPlace(ServiceRequestContext ctx, Executor executor) {
    Place place = ctx.attr(PLACE);
    return place == null ? executor : task -> executor.execute(place.kept(task));
  }

  @Override
  public void close() {
    threads.shutdown();
  }

  /** One of the lookups in flight, held by its response and by its work. */
  private static final class Place {
    private final AtomicInteger inFlight;
    private final AtomicInteger holders = new AtomicInteger(1);

    Place(AtomicInteger inFlight) {
      this.inFlight = inFlight;
    }

    Runnable kept(Runnable task) {
      if (holders.getAndUpdate(held -> held == 0 ? 0 : held + 1) == 0) {
        // Answered while its body came in: the work ends before it begins.
        return task;
      }
      return () -> {
        try {
          task.run();
        } finally {
          leave();
        }
      };
    }

    void leave() {
      if (holders.decrementAndGet() == 0) {
        inFlight.decrementAndGet();
      }
    }
  }
}
