package dev.varve.topology;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
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

  private final Map<TopicPartition, Long> begunNs = new ConcurrentHashMap<>();

  @Override
  public void onRestoreStart(TopicPartition changelog, String store, long from, long to) {
    if (to - from >= WORTH_A_LINE) {
      begunNs.put(changelog, System.nanoTime());
      log.info("restoring {} of {}: {} records", store, changelog, to - from);
    }
  }

  @Override
  public void onBatchRestored(TopicPartition changelog, String store, long end, long records) {
    // A line at the start and one at the end are enough.
  }

  @Override
  public void onRestoreEnd(TopicPartition changelog, String store, long records) {
    Long begun = begunNs.remove(changelog);
    if (begun != null) {
      Duration took = Duration.ofNanos(System.nanoTime() - begun);
      log.info(
          "restored {} of {}: {} records in {} ms", store, changelog, records, took.toMillis());
    }
  }
}
