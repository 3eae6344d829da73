package dev.varve.store;

import dev.varve.base.Check;
import dev.varve.event.ExampleCodec;
import dev.varve.event.FeaturesConfig;
import dev.varve.learn.Gradient;
import dev.varve.schema.TableUpdate;
import dev.varve.schema.UpdateBatch;
import java.util.Set;

/** What an update batch must be before anything of it is applied. */
final class UpdateCheck {
  private UpdateCheck() {}

  /**
   * Checks a batch.
   *
   * @param dimension of the gradients
   * @param known names of the shard's tables
   * @throws RefusedBatchException when the batch is malformed
   */
  static void check(UpdateBatch batch, int dimension, Set<String> known) {
    long timeMs = batch.getEventTimeMs();
    try {
      Check.that(
          timeMs > 0 && timeMs <= ExampleCodec.LAST_TIME_MS,
          "event time",
          timeMs,
          "1 to " + ExampleCodec.LAST_TIME_MS);
      int tables = known.size();
      for (TableUpdate update : batch.getTablesList()) {
        check(update, timeMs, dimension);
        tables += known.contains(update.getTable()) ? 0 : 1;
      }
      if (tables > FeaturesConfig.MOST) {
        throw new IllegalArgumentException(
            Check.message("tables", tables, "at most " + FeaturesConfig.MOST));
      }
    } catch (IllegalArgumentException e) {
      throw new RefusedBatchException(e);
    }
  }

  private static void check(TableUpdate update, long batchMs, int dimension) {
    int n = update.getKeysCount();
    Check.that(!update.getTable().isEmpty(), "table", "(empty)", "a name");
    if (update.getOccurrencesCount() != n || update.getEventTimeOffsetsMsCount() != n) {
      throw new IllegalArgumentException(
          Check.message(
              "columns",
              "%d keys, %d occurrences, %d event times"
                  .formatted(n, update.getOccurrencesCount(), update.getEventTimeOffsetsMsCount()),
              "equal lengths"));
    }
    for (int i = 0; i < n; i++) {
      if (update.getOccurrences(i) <= 0) {
        throw new IllegalArgumentException(
            Check.message("occurrences", update.getOccurrences(i), "above 0"));
      }
      long offsetMs = update.getEventTimeOffsetsMs(i);
      if (offsetMs > 0 || offsetMs <= -batchMs) {
        throw new IllegalArgumentException(
            Check.message(
                "event time offset",
                offsetMs,
                "%d to 0 in a batch of event time %d".formatted(1 - batchMs, batchMs)));
      }
    }
    long bytes = (long) n * Gradient.length(dimension) * Float.BYTES;
    if (update.getGradients().size() != bytes) {
      throw new IllegalArgumentException(
          Check.message(
              "gradients",
              update.getGradients().size() + " bytes",
              "%d for %d rows of dimension %d".formatted(bytes, n, dimension)));
    }
  }
}
