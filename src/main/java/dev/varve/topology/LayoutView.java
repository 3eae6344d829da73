package dev.varve.topology;

import dev.varve.schema.Layout;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The newest layout that this process has seen.
 *
 * <p><b>Threads:</b> any; one stream of layouts writes.
 */
public final class LayoutView {
  private final CountDownLatch first = new CountDownLatch(1);
  private volatile @Nullable Layout newest;

  void accept(Layout layout) {
    Layout known = newest;
    if (known == null || layout.getVersion() > known.getVersion()) {
      newest = layout;
      first.countDown();
    }
  }

  /** The newest layout; an empty one before the first. */
  public Layout newest() {
    Layout known = newest;
    return known == null ? Layout.getDefaultInstance() : known;
  }

  /** Version of the newest layout; 0 before the first. */
  public long version() {
    Layout known = newest;
    return known == null ? 0 : known.getVersion();
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
