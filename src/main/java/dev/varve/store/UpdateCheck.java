package dev.varve.store;

import com.google.protobuf.Descriptors.FieldDescriptor;
import dev.varve.base.Check;
import dev.varve.event.ExampleCodec;
import dev.varve.event.FeaturesConfig;
import dev.varve.layout.RebalanceConfig;
import dev.varve.learn.Gradient;
import dev.varve.schema.Block;
import dev.varve.schema.Layout;
import dev.varve.schema.Pin;
import dev.varve.schema.TableUpdate;
import dev.varve.schema.Tail;
import dev.varve.schema.TailEncoding;
import dev.varve.schema.UpdateBatch;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

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
      if (batch.hasDecision()) {
        checkAlone(batch, UpdateBatch.DECISION_FIELD_NUMBER);
        return;
      }
      if (batch.hasLayout()) {
        checkAlone(batch, UpdateBatch.LAYOUT_FIELD_NUMBER);
        check(batch.getLayout(), dimension);
        return;
      }
      Check.that(
          timeMs > 0 && timeMs <= ExampleCodec.LAST_TIME_MS,
          "event time",
          timeMs,
          "1 to " + ExampleCodec.LAST_TIME_MS);
      float rate = batch.getRate();
      Check.that(!batch.hasRate() || (rate > 0 && rate <= 1), "rate", rate, "above 0, at most 1");
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

  /** What stands beside it would be passed over, and nobody would know. */
  private static void checkAlone(UpdateBatch batch, int field) {
    String only = UpdateBatch.getDescriptor().findFieldByNumber(field).getName();
    String beside =
        batch.getAllFields().keySet().stream()
            .map(FieldDescriptor::getName)
            .filter(name -> !name.equals(only))
            .collect(Collectors.joining(", "));
    Check.that(beside.isEmpty(), "beside a " + only, beside, "nothing, send it in another batch");
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
    if (update.getFoundCount() != 0 && update.getFoundCount() != n) {
      throw new IllegalArgumentException(
          Check.message(
              "columns",
              "%d keys, %d found".formatted(n, update.getFoundCount()),
              "equal lengths, or nothing found"));
    }
    long bytes = Float.BYTES * floats(update, dimension);
    if (update.getGradients().size() != bytes) {
      throw new IllegalArgumentException(
          Check.message(
              "gradients",
              update.getGradients().size() + " bytes",
              "%d for %d rows of dimension up to %d".formatted(bytes, n, dimension)));
    }
  }

  private static long floats(TableUpdate update, int dimension) {
    int n = update.getKeysCount();
    if (update.getDimensionsCount() == 0) {
      return (long) n * Gradient.length(dimension);
    }
    if (update.getDimensionsCount() != n) {
      throw new IllegalArgumentException(
          Check.message(
              "columns",
              "%d keys, %d dimensions".formatted(n, update.getDimensionsCount()),
              "equal lengths"));
    }
    long floats = 0;
    for (int i = 0; i < n; i++) {
      int d = update.getDimensions(i);
      if (!isDimension(d, dimension)) {
        throw new IllegalArgumentException(
            Check.message("dimension", d, "0 or a power of two up to " + dimension));
      }
      floats += d == 0 ? 0 : Gradient.length(d);
    }
    return floats;
  }

  private static boolean isDimension(int d, int most) {
    return d >= 0 && d <= most && Integer.bitCount(d) <= 1;
  }

  /** Checks a layout that a batch brings. */
  private static void check(Layout layout, int dimension) {
    Check.that(layout.getVersion() > 0, "layout version", layout.getVersion(), "above 0");
    Check.that(
        layout.getHysteresis() >= 0 && layout.getHysteresis() < 1,
        "hysteresis",
        layout.getHysteresis(),
        "from 0 to below 1");
    Check.that(
        layout.getSlack() >= 0 && layout.getSlack() <= layout.getGrowth(),
        "slack",
        layout.getSlack(),
        "from 0 to the growth, " + layout.getGrowth());
    layout
        .getQuotasMap()
        .forEach(
            (shard, quota) -> Check.that(quota > 0, "quota of shard " + shard, quota, "above 0"));
    if (layout.hasTail()) {
      check(layout.getTail(), dimension);
    }
    check(layout.getDefaultBlocksList(), dimension);
    layout.getTablesMap().values().forEach(blocks -> check(blocks.getBlocksList(), dimension));
    for (Pin pin : layout.getPinsList()) {
      Check.that(
          isDimension(pin.getDimension(), dimension),
          "pinned dimension",
          pin.getDimension(),
          "0 or a power of two up to " + dimension);
    }
  }

  private static void check(Tail tail, int dimension) {
    int most = RebalanceConfig.MOST_TAIL_ROWS;
    int parts = tail.getEncoding() == TailEncoding.QR ? 2 : 1;
    Check.that(
        tail.getEncoding() != TailEncoding.NO_TAIL
            && tail.getEncoding() != TailEncoding.UNRECOGNIZED,
        "tail",
        tail.getEncodingValue(),
        "1 for hash or 2 for qr");
    Check.that(
        isDimension(tail.getDimension(), dimension) && tail.getDimension() > 0,
        "tail dimension",
        tail.getDimension(),
        "a power of two up to " + dimension);
    Check.that(
        tail.getRows() > 0 && tail.getRows() <= most && tail.getRows() % parts == 0,
        "tail rows",
        tail.getRows(),
        "from 1 to %d, even for qr".formatted(most));
  }

  private static void check(List<Block> blocks, int dimension) {
    double threshold = Double.NEGATIVE_INFINITY;
    int before = 0;
    for (Block block : blocks) {
      int d = block.getDimension();
      Check.that(
          isDimension(d, dimension) && d > before,
          "block",
          d,
          "rising powers of two up to " + dimension);
      Check.that(
          block.getThreshold() >= 0 && block.getThreshold() >= threshold,
          "threshold",
          block.getThreshold(),
          "0 or more, rising with the dimension");
      before = d;
      threshold = block.getThreshold();
    }
  }
}
