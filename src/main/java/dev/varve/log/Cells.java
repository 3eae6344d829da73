package dev.varve.log;

import dev.varve.schema.Feature;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The cells of a row as one example sees them: those of the log, the candidate and its label where
 * a row is exploded, and the drawn value in place of the row's own for a sampled negative.
 */
final class Cells {
  private static final int CANDIDATE = Integer.MAX_VALUE - 1;
  private static final int CANDIDATE_LABEL = Integer.MAX_VALUE;
  private static final int NONE = -1;

  private final RowSource source;
  private final Rules.@Nullable Explode explode;
  private String candidate = "";
  private String candidateLabel = "";
  private int drawnColumn = NONE;
  private String drawn = "";

  Cells(RowSource source, Rules.@Nullable Explode explode) {
    this.source = source;
    this.explode = explode;
  }

  /** The index of a column of the log or of {@code into}; -1, with a problem, when unknown. */
  int column(String key, String name, List<String> problems) {
    if (explode != null && name.equals(explode.candidate())) {
      return CANDIDATE;
    }
    if (explode != null && name.equals(explode.label())) {
      return CANDIDATE_LABEL;
    }
    return source.column(key, name, problems);
  }

  void candidate(String value, String label) {
    candidate = value;
    candidateLabel = label;
  }

  /** From here on the column holds a drawn value. */
  void draw(int column, String value) {
    drawnColumn = column;
    drawn = value;
  }

  /** The row's own values again. */
  void reset() {
    drawnColumn = NONE;
  }

  /** The row's own text, whatever is drawn. */
  String own(int column) {
    return switch (column) {
      case CANDIDATE -> candidate;
      case CANDIDATE_LABEL -> candidateLabel;
      default -> source.rows().text(column);
    };
  }

  String text(int column) {
    return column == drawnColumn ? drawn : own(column);
  }

  @Nullable Feature feature(int column, FeatureValues values) {
    boolean ofLog = column != drawnColumn && column < CANDIDATE;
    return ofLog ? feature(source.rows(), column, values) : values.of(text(column));
  }

  /** The feature of a cell of a file. */
  static @Nullable Feature feature(Rows rows, int column, FeatureValues values) {
    List<String> list = rows.list(column);
    return list == null ? values.of(rows.text(column)) : values.of(list);
  }
}
