package dev.varve.log;

import dev.varve.log.Rules.Label;

/** The label of a row. */
final class LabelReader {
  private final Label rule;
  private final int column;

  /** The column is that of the rule, and not used where the rule names none. */
  LabelReader(Label rule, int column) {
    this.rule = rule;
    this.column = column;
  }

  /**
   * Whether the example is positive.
   *
   * @throws RowRefused when the label is neither
   */
  boolean positive(Cells cells) {
    return switch (rule) {
      case Label.AllPositive all -> true;
      case Label.AtLeast least -> atLeast(least, cells.text(column));
      case Label.Equal equal -> equal(equal, cells.text(column));
    };
  }

  private static boolean equal(Label.Equal rule, String text) {
    if (text.equals(rule.positive())) {
      return true;
    }
    boolean any = rule.negative().equals("*") && !text.isEmpty();
    if (!any && !text.equals(rule.negative())) {
      String values = "%s or %s".formatted(rule.positive(), rule.negative());
      throw new RowRefused(rule.column(), text, values);
    }
    return false;
  }

  private static boolean atLeast(Label.AtLeast rule, String text) {
    double value = Numbers.parse(text);
    if (Double.isNaN(value)) {
      throw new RowRefused(rule.column(), text, "a number");
    }
    return value >= rule.threshold();
  }
}
