package dev.varve.crash;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;

/**
 * When to kill: so long after the process has said something so often.
 *
 * @param delayUs microseconds
 */
record KillPoint(Marker marker, int times, int delayUs) {
  private static final long FEED_EVERY_MS = 10;

  /** Points all over a life: in the start, the restoring, the processing, and around commits. */
  static List<KillPoint> anywhere(RandomGenerator random, int count) {
    List<KillPoint> points = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int commit = 1 + random.nextInt(6);
      points.add(
          switch (i % 7) {
            case 0 -> new KillPoint(Marker.STARTING, 1, random.nextInt(300_000 * (1 + i / 7)));
            case 1 -> new KillPoint(Marker.RESTORING, 1 + random.nextInt(Setup.SHARDS), 0);
            case 2 -> new KillPoint(Marker.RUNNING, 1, random.nextInt(500_000));
            case 3 -> new KillPoint(Marker.WRITING, commit, random.nextInt(5_000));
            case 4 -> new KillPoint(Marker.COMMITTING, commit, random.nextInt(5_000));
            case 5 -> new KillPoint(Marker.COMMITTING, commit, 0);
            default -> new KillPoint(Marker.COMMITTED, commit, random.nextInt(60_000));
          });
    }
    Collections.shuffle(points, Random.from(random));
    return points;
  }

  /** Waits for it; a store that runs is fed meanwhile. */
  void reach(Child store, Feeder feeder) throws InterruptedException {
    store.await(marker, times, () -> feed(store, feeder));
    long leftUs = delayUs;
    while (leftUs > 0) {
      long pauseUs = Math.min(leftUs, TimeUnit.MILLISECONDS.toMicros(FEED_EVERY_MS));
      TimeUnit.MICROSECONDS.sleep(pauseUs);
      leftUs -= pauseUs;
      feed(store, feeder);
    }
  }

  private static void feed(Child store, Feeder feeder) {
    if (store.said(Marker.RUNNING) > 0) {
      feeder.send(1);
    }
  }

  @Override
  public String toString() {
    return "%s (%d) + %d us".formatted(marker, times, delayUs);
  }
}
