package dev.varve.store;

import java.time.Duration;

/**
 * How long this process has been out of touch with the brokers. Who is cut off from them, or was
 * stopped and goes on, has lost its shards without knowing it: another process may have them, and
 * newer rows. What is read here then is a copy.
 *
 * <p>The brokers give a shard away when they have heard no heartbeat for the session timeout. Half
 * of that without one counts as lost here, so that it is known here first; and contact counts as
 * found again only after as long without a gap, by which time the answer to the heartbeat has come,
 * and shards that are gone have been closed.
 *
 * <p><b>Threads:</b> one notes; any asks.
 */
final class Contact {
  private final long longestGapNs;
  private volatile long soundNs;
  private long notedNs;
  private long lastGapNs;

  /**
   * In touch, as of now.
   *
   * @param session how long the brokers wait for a heartbeat
   */
  Contact(Duration session, long nowNs) {
    this.longestGapNs = session.toNanos() / 2;
    this.soundNs = nowNs;
    this.notedNs = nowNs;
    this.lastGapNs = nowNs - longestGapNs;
  }

  /**
   * Takes note; to be called several times in a session timeout, since its absence is a gap too.
   *
   * @param heartbeatAgo since the last heartbeat was sent, of the thread that is worst
   */
  void note(Duration heartbeatAgo, long nowNs) {
    boolean isGap =
        nowNs - notedNs > longestGapNs
            || heartbeatAgo.compareTo(Duration.ofNanos(longestGapNs)) > 0;
    notedNs = nowNs;
    if (isGap) {
      lastGapNs = nowNs;
    } else if (nowNs - lastGapNs >= longestGapNs) {
      soundNs = nowNs;
    }
  }

  /** How long contact has been lost; 0 while it is not. */
  Duration lost(long nowNs) {
    long sinceNs = nowNs - soundNs;
    return sinceNs > longestGapNs ? Duration.ofNanos(sinceNs) : Duration.ZERO;
  }
}
