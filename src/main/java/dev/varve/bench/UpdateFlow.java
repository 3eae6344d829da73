package dev.varve.bench;

import dev.varve.schema.Layout;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A thread that sends updates at a steady pace, beside the work that is measured.
 *
 * <p><b>Threads:</b> one owner; the sender belongs to the new thread until this is closed.
 */
final class UpdateFlow implements AutoCloseable {
  private static final int STEPS_PER_SECOND = 100;

  private final UpdateSender sender;
  private final UpdateSender.Zipf popularity;
  private final int rowsPerStep;
  private final Queue<Order> orders = new ConcurrentLinkedQueue<>();
  private final Thread thread;
  private volatile boolean stopped;
  private volatile @Nullable Throwable failure;

  /**
   * @param rowsPerSec to send, about
   */
  UpdateFlow(UpdateSender sender, double zipf, int rowsPerSec) {
    this.sender = sender;
    this.popularity = sender.zipf(zipf);
    this.rowsPerStep = Math.max(1, rowsPerSec / STEPS_PER_SECOND);
    this.thread = Thread.ofPlatform().name("updates").daemon().start(this::send);
  }

  private record Order(Layout layout, CompletableFuture<Void> sent) {}

  private void send() {
    try {
      long stepNs = 1_000_000_000L / STEPS_PER_SECOND;
      long next = System.nanoTime();
      while (!stopped) {
        for (Order order = orders.poll(); order != null; order = orders.poll()) {
          sender.sendLayout(order.layout);
          order.sent.complete(null);
        }
        sender.sendZipf(rowsPerStep, popularity);
        // What is late is not made up for: it would come at once.
        next = Math.max(next + stepNs, System.nanoTime() - stepNs);
        LockSupport.parkNanos(next - System.nanoTime());
      }
    } catch (RuntimeException | Error e) {
      failure = e;
    }
  }

  /** Sends every shard a layout among the updates; when this returns, Kafka has it. */
  void send(Layout layout) {
    requireNoFailure();
    var sent = new CompletableFuture<Void>();
    orders.add(new Order(layout, sent));
    sent.orTimeout(1, TimeUnit.MINUTES).join();
  }

  private void requireNoFailure() {
    if (failure != null) {
      throw new IllegalStateException("updates: failed (expected: sent)", failure);
    }
  }

  /** Stops it; fails when it has failed. */
  @Override
  public void close() {
    stopped = true;
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    requireNoFailure();
  }
}
