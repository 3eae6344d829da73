package dev.varve.store;

import dev.varve.layout.TableRule;
import dev.varve.schema.Block;
import dev.varve.schema.Blocks;
import dev.varve.schema.Explanation;
import dev.varve.schema.Layout;
import dev.varve.schema.Pin;
import dev.varve.table.PackedPopularity;
import dev.varve.table.Popularity;
import dev.varve.table.ResidentRows;
import dev.varve.table.RowFormat;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Tells what a shard knows of one category, and why it has the dimension that it has.
 *
 * <p><b>Threads:</b> one that holds what the writer holds while it applies a batch.
 */
final class RowExplanation {
  private final ResidentRows rows;
  private final Below below;
  private final ShardLayout layout;
  private final CategorySketch unseen;
  private final RecentMoves recent;
  private final Popularity decay;

  RowExplanation(
      ResidentRows rows,
      Below below,
      ShardLayout layout,
      CategorySketch unseen,
      RecentMoves recent,
      Popularity decay) {
    this.rows = rows;
    this.below = below;
    this.layout = layout;
    this.unseen = unseen;
    this.recent = recent;
    this.decay = decay;
  }

  Explanation of(ShardTable table, long category, long watermarkMs) {
    var told =
        Explanation.newBuilder()
            .setTable(table.name())
            .setWatermarkMs(watermarkMs)
            .setLayoutVersion(layout.version())
            .setBlocks(blocks(table.name()));
    pin(table.name(), category).ifPresent(pin -> told.setPinned(pin.getDimension()));
    int slot = rows.find(table.id(), category);
    if (slot != ResidentRows.ABSENT) {
      row(told, rows.dimension(slot), rows.popularity(slot), rows.time(slot), watermarkMs);
    } else {
      byte[] value = below.get(RowFormat.key(table.id(), category));
      if (value == null) {
        counted(told, table, category, watermarkMs);
      } else {
        int dimension = RowFormat.check(value, rows.encoding());
        long units = RowFormat.time(value);
        row(told, dimension, RowFormat.popularity(value), units, watermarkMs);
      }
    }
    told.addAllMoves(recent.of(table.id(), category));
    told.setNext(next(table.rule(), category, told.getDimension(), told.getPopularity()));
    return told.build();
  }

  private Blocks blocks(String table) {
    Layout in = layout.layout();
    Blocks named = in.getTablesMap().get(table);
    var blocks = Blocks.newBuilder();
    double factor = layout.factor();
    for (Block block : named == null ? in.getDefaultBlocksList() : named.getBlocksList()) {
      blocks.addBlocks(block.toBuilder().setThreshold(factor * block.getThreshold()));
    }
    return blocks.build();
  }

  private Optional<Pin> pin(String table, long category) {
    return layout.layout().getPinsList().stream()
        .filter(pin -> pin.getTable().equals(table) && pin.getKey() == category)
        .findFirst();
  }

  private void row(
      Explanation.Builder told, int dimension, long packed, long units, long watermarkMs) {
    long seenMs = PackedPopularity.unpackTime(units);
    double then = PackedPopularity.unpackPopularity(packed);
    told.setKind(dimension > 0 ? "row" : "trace")
        .setDimension(dimension)
        .setLastSeenMs(seenMs)
        .setPopularity(then * decay.decay(Math.max(0, watermarkMs - seenMs)));
  }

  private void counted(
      Explanation.Builder told, ShardTable table, long category, long watermarkMs) {
    double estimate = unseen.estimate(table.id(), category, watermarkMs);
    told.setKind(estimate > 0 ? "counted" : "unknown")
        .setPopularity(estimate)
        .setPopularityError(Math.min(estimate, unseen.errorBound(watermarkMs)));
  }

  private String next(TableRule rule, long category, int dimension, double popularity) {
    int due = rule.dimension(category, dimension, popularity);
    if (due != dimension) {
      return "%s when it is touched, or the next layout comes".formatted(moves(due));
    }
    if (rule.isPinned(category)) {
      return "stays while it is pinned";
    }
    String up =
        rule.rises(dimension)
            .map(at -> "%s from popularity %s on".formatted(moves(rule.above(dimension)), text(at)))
            .orElse("has the most dimensions that there are");
    return rule.falls(dimension)
        .map(at -> up + "; " + down(rule, dimension, popularity, at))
        .orElse(up);
  }

  private String down(TableRule rule, int dimension, double popularity, double below) {
    double halfLives = Math.log(popularity / below) / Math.log(2);
    var in = Duration.ofMillis((long) (Math.max(0, halfLives) * decay.halfLifeMs()));
    return "%s below %s, in %s of event time if it is not seen"
        .formatted(moves(rule.below(dimension)), text(below), text(in));
  }

  private static String moves(int to) {
    return to == 0 ? "loses its row" : "moves to " + to + (to == 1 ? " dimension" : " dimensions");
  }

  private static String text(double popularity) {
    return String.format(Locale.ROOT, "%.3g", popularity);
  }

  private static String text(Duration in) {
    List<Object> parts =
        in.toDays() > 0
            ? List.of(in.toDays(), "d", in.toHoursPart(), "h")
            : in.toHours() > 0
                ? List.of(in.toHours(), "h", in.toMinutesPart(), "m")
                : List.of(in.toMinutes(), "m", in.toSecondsPart(), "s");
    return "%s%s %s%s".formatted(parts.toArray());
  }
}
