package dev.varve.topology;

import dev.varve.schema.Layout;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Which layout is the newest that this process has seen.
 *
 * <p><b>Threads:</b> any; one stream of layouts writes.
 */
public final class LayoutView {
  private final CountDownLatch first = new CountDownLatch(1);
  private volatile long version;

  void accept(Layout layout) {
    if (layout.getVersion() > version) {
      version = layout.getVersion();
      first.countDown();
    }
  }

  /** Version of the newest layout; 0 before the first. */
  public long version() {
    return version;
  }

  /**
   * Waits for the first layout.
   *
   * @return whether there is one
   */
  public boolean await(Duration longest) throws InterruptedException {
    return first.await(longest.toNanos(), TimeUnit.NANOSECONDS);
  }
}
