package dev.varve.topology;

/**
 * The part of a thread's time that the sweeps of its shards may take together for what is not
 * urgent: a third, so that updates do not wait for a rebalance.
 *
 * <p>Kafka Streams processes no more than a record of each task between two punctuations: without a
 * bound, steps of 5 ms would leave little for updates.
 *
 * <p><b>Threads:</b> any; each has its own share.
 */
final class SweepShare {
  private static final double SHARE = 1.0 / 3;

  /** Saved up while nothing was to be swept, at most. */
  private static final double MOST_NS = 10e6;

  private static final class Account {
    double leftNs = MOST_NS;
    long atNs = System.nanoTime();
  }

  private final ThreadLocal<Account> accounts = ThreadLocal.withInitial(Account::new);

  /** Whether the calling thread may sweep now. */
  boolean isLeft() {
    Account account = accounts.get();
    long now = System.nanoTime();
    account.leftNs = Math.min(MOST_NS, account.leftNs + SHARE * (now - account.atNs));
    account.atNs = now;
    return account.leftNs > 0;
  }

  /** What a step of the calling thread took. */
  void took(long ns) {
    accounts.get().leftNs -= ns;
  }
}
