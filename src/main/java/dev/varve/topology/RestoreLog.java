package dev.varve.topology;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.streams.processor.StateRestoreListener;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells the log when state is read again from a changelog, as after a crash: until it is done the
 * shard answers nothing.
 *
 * <p><b>Threads:</b> any.
 */
final class RestoreLog implements StateRestoreListener {
  private static final Logger log = LoggerFactory.getLogger(RestoreLog.class);

  private static final long WORTH_A_LINE = 1_000;

  private final Map<TopicPartition, Long> begunNs = new HashMap<>();
  private long records;
  private long firstNs;
  private long lastNs;

  /** What was restored so far. */
  synchronized Restored restored() {
    return new Restored(records, Duration.ofNanos(lastNs - firstNs));
  }

  @Override
  public synchronized void onRestoreStart(
      TopicPartition changelog, String store, long from, long to) {
    if (firstNs == 0) {
      firstNs = System.nanoTime();
      lastNs = firstNs;
    }
    if (to - from >= WORTH_A_LINE) {
      begunNs.put(changelog, System.nanoTime());
      log.info("restoring {} of {}: {} records", store, changelog, to - from);
    }
  }

  @Override
  public synchronized void onBatchRestored(
      TopicPartition changelog, String store, long end, long restored) {
    records += restored;
  }

  @Override
  public synchronized void onRestoreEnd(TopicPartition changelog, String store, long restored) {
    lastNs = System.nanoTime();
    Long begun = begunNs.remove(changelog);
    if (begun != null) {
      Duration took = Duration.ofNanos(lastNs - begun);
      log.info(
          "restored {} of {}: {} records in {} ms", store, changelog, restored, took.toMillis());
    }
  }
}
