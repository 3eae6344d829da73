package dev.varve.log;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.jspecify.annotations.Nullable;

/**
 * Draws other values than the positive one among those seen in the last window of event time. A
 * value seen late counts as seen now, so that the window only moves on.
 *
 * <p>Each draw is O(1). Memory: one entry per sighting in the window, at most the last {@link
 * #MAX_SIGHTINGS}, and the distinct values among them. The same rows and seed give the same draws.
 */
final class NegativeSampler {
  /** Sightings held, whatever the window. */
  static final int MAX_SIGHTINGS = 1 << 20;

  private static final int DRAWS = 64;

  /** A value in the window: how often it was seen there, where it stands among the distinct. */
  private static final class Seen {
    final String value;
    int times;
    int index;

    Seen(String value, int index) {
      this.value = value;
      this.index = index;
    }
  }

  private final long windowMs;
  private final boolean byPopularity;
  private final RandomGenerator random;
  private final Map<String, Seen> byValue = new HashMap<>();
  private final List<Seen> distinct = new ArrayList<>();
  private @Nullable Seen[] sightings = new Seen[1 << 10];
  private long[] timesMs = new long[1 << 10];
  private int first;
  private int size;
  private long nowMs = Long.MIN_VALUE;

  NegativeSampler(long windowMs, boolean byPopularity, long seed) {
    this.windowMs = windowMs;
    this.byPopularity = byPopularity;
    this.random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
  }

  /** Counts a value as seen and moves the window on. */
  void see(String value, long timeMs) {
    advance(timeMs);
    if (size == MAX_SIGHTINGS) {
      forgetFirst();
    }
    if (size == sightings.length) {
      grow();
    }
    Seen seen = byValue.get(value);
    if (seen == null) {
      seen = new Seen(value, distinct.size());
      byValue.put(value, seen);
      distinct.add(seen);
    }
    seen.times++;
    int last = (first + size) & (sightings.length - 1);
    sightings[last] = seen;
    timesMs[last] = nowMs;
    size++;
  }

  /** Forgets what was seen before the window that ends at this time. */
  void advance(long timeMs) {
    nowMs = Math.max(nowMs, timeMs);
    while (size > 0 && timesMs[first] < nowMs - windowMs) {
      forgetFirst();
    }
  }

  /** A value other than this one, null when the window holds no other. */
  @Nullable String draw(String positive) {
    Seen own = byValue.get(positive);
    int others = distinct.size() - (own == null ? 0 : 1);
    if (others == 0) {
      return null;
    }
    for (int i = 0; byPopularity && i < DRAWS; i++) {
      Seen seen = sightings[(first + random.nextInt(size)) & (sightings.length - 1)];
      if (seen != null && seen != own) {
        return seen.value;
      }
    }
    // Uniform; or nearly all sightings are of the positive itself, where drawing on could take
    // long.
    int index = random.nextInt(others);
    return distinct.get(own != null && index >= own.index ? index + 1 : index).value;
  }

  private void forgetFirst() {
    Seen seen = sightings[first];
    sightings[first] = null;
    first = (first + 1) & (sightings.length - 1);
    size--;
    if (seen != null && --seen.times == 0) {
      byValue.remove(seen.value);
      Seen moved = distinct.removeLast();
      if (moved != seen) {
        distinct.set(seen.index, moved);
        moved.index = seen.index;
      }
    }
  }

  private void grow() {
    int capacity = sightings.length;
    @Nullable Seen[] grown = Arrays.copyOf(sightings, capacity * 2);
    long[] grownMs = Arrays.copyOf(timesMs, capacity * 2);
    // The part that had wrapped around to the front goes behind the old end.
    System.arraycopy(sightings, 0, grown, capacity, first);
    System.arraycopy(timesMs, 0, grownMs, capacity, first);
    sightings = grown;
    timesMs = grownMs;
  }
}
