package dev.varve.log;

import dev.varve.log.Rules.Explode;
import dev.varve.log.Rules.Negatives;
import dev.varve.schema.Example;
import dev.varve.schema.Feature;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Makes the examples of a row. Holds what mapping remembers from row to row: the window that
 * negatives are drawn from, and previous values.
 */
final class RowMapper {
  /**
   * The mapping's names bound to the columns of a log; -1 where the mapping names no column.
   *
   * @param features those of an example, in order
   */
  record Bound(
      Cells cells,
      EventTime time,
      LabelReader label,
      int requestId,
      int exploded,
      int drawn,
      List<FeatureReader> features) {}

  private final Rows rows;
  private final Bound bound;
  private final Cells cells;
  private final @Nullable Explode explode;
  private final @Nullable Negatives negatives;
  private final @Nullable NegativeSampler sampler;
  private final List<LogRow> examples = new ArrayList<>();
  private long timeMs;

  RowMapper(Rows rows, Rules rules, Bound bound) {
    this.rows = rows;
    this.bound = bound;
    this.cells = bound.cells();
    this.explode = rules.explode();
    this.negatives = rules.negatives();
    this.sampler =
        negatives == null
            ? null
            : new NegativeSampler(negatives.windowMs(), negatives.byPopularity(), negatives.seed());
  }

  /** What becomes of the current row; the list is reused for the next. */
  List<LogRow> map() {
    examples.clear();
    try {
      RowRefused problem = rows.problem();
      if (problem != null) {
        throw problem;
      }
      timeMs = bound.time().ms(cells, rows.number());
      candidates();
      bound.features().forEach(feature -> feature.remember(cells));
    } catch (RowRefused e) {
      examples.clear();
      examples.add(new LogRow.Refused(rows.number(), rows.raw(), e.reason()));
    }
    return examples;
  }

  private void candidates() {
    if (explode == null) {
      labelled();
      return;
    }
    List<String> list = rows.list(bound.exploded());
    String text = rows.text(bound.exploded());
    List<String> parts = list == null ? Splitter.split(text, explode.separator()) : list;
    if (parts.isEmpty()) {
      throw new RowRefused(explode.column(), text, "at least one candidate");
    }
    for (String part : parts) {
      candidate(explode, part);
      labelled();
    }
  }

  private void candidate(Explode rule, String part) {
    String separator = rule.pairSeparator();
    if (separator == null) {
      cells.candidate(part, "");
      return;
    }
    int at = part.lastIndexOf(separator);
    if (at <= 0) {
      throw new RowRefused(rule.column(), part, "candidate%slabel".formatted(separator));
    }
    cells.candidate(part.substring(0, at), part.substring(at + separator.length()));
  }

  private void labelled() {
    add(bound.label().positive(cells));
    if (sampler != null && negatives != null) {
      sampleNegatives(sampler, negatives.perPositive());
    }
  }

  private void sampleNegatives(NegativeSampler from, int count) {
    String positive = cells.own(bound.drawn());
    if (positive.isEmpty()) {
      return;
    }
    from.advance(timeMs);
    for (int i = 0; i < count; i++) {
      String drawn = from.draw(positive);
      if (drawn == null) {
        break;
      }
      cells.draw(bound.drawn(), drawn);
      add(false);
    }
    cells.reset();
    from.see(positive, timeMs);
  }

  private void add(boolean positive) {
    var example = Example.newBuilder().setEventTimeMs(timeMs).setLabel(positive ? 1 : 0);
    for (FeatureReader reader : bound.features()) {
      Feature feature = reader.read(cells, timeMs);
      if (feature != null) {
        example.addFeatures(feature);
      }
    }
    if (example.getFeaturesCount() == 0) {
      throw new RowRefused("features", "none", "at least one that is not empty");
    }
    if (bound.requestId() >= 0) {
      example.setRequestId(requestId(cells.own(bound.requestId())));
    }
    examples.add(new LogRow.Mapped(rows.number(), example.build()));
  }

  /** Several examples of one row are told apart by their number. */
  private String requestId(String text) {
    return explode == null && negatives == null ? text : text + "/" + (examples.size() + 1);
  }
}
