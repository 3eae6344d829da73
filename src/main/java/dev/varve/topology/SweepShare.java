package dev.varve.topology;

import java.util.function.LongSupplier;

/**
 * The part of a thread's time that the sweeps of its shards may take together for what readers do
 * not see: a third, so that updates do not wait for a rebalance; two thirds while touched rows wait
 * for the room that it makes, or a backlog of updates would run far ahead of it.
 *
 * <p>Kafka Streams processes no more than a record of each task between two punctuations: without a
 * bound, steps of 5 ms would leave little for updates.
 *
 * <p><b>Threads:</b> any; each has its own share.
 */
final class SweepShare {
  private static final double SHARE = 1.0 / 3;
  private static final double URGENT_SHARE = 2.0 / 3;

  /** Saved up while nothing was to be swept, at most. */
  private static final double MOST_NS = 10e6;

  private static final class Account {
    double leftNs = MOST_NS;
    long atNs;

    Account(long atNs) {
      this.atNs = atNs;
    }
  }

  private final LongSupplier clock;
  private final ThreadLocal<Account> accounts;

  /**
   * @param clock nanoseconds, as {@link System#nanoTime}
   */
  SweepShare(LongSupplier clock) {
    this.clock = clock;
    this.accounts = ThreadLocal.withInitial(() -> new Account(clock.getAsLong()));
  }

  /**
   * Whether the calling thread may sweep now.
   *
   * @param isUrgent whether rows wait for it
   */
  boolean isLeft(boolean isUrgent) {
    Account account = accounts.get();
    long now = clock.getAsLong();
    double share = isUrgent ? URGENT_SHARE : SHARE;
    account.leftNs = Math.min(MOST_NS, account.leftNs + share * (now - account.atNs));
    account.atNs = now;
    return account.leftNs > 0;
  }

  /** What a step of the calling thread took. */
  void took(long ns) {
    accounts.get().leftNs -= ns;
  }
}
