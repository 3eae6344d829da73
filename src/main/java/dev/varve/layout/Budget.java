package dev.varve.layout;

import dev.varve.base.Bytes;
import dev.varve.base.Check;
import dev.varve.base.TextForm;
import dev.varve.schema.BudgetUnit;
import java.util.regex.Pattern;

/**
 * How much rows and bases may take, written {@code 64MiB}, {@code 2000000 parameters} or {@code
 * none}.
 *
 * @param amount in units of {@code unit}; 0 exactly when there is none
 * @param unit what is counted
 */
@TextForm(Budget.RULE)
public record Budget(long amount, BudgetUnit unit) {
  /** What {@link #parse} takes. */
  public static final String RULE =
      "a size such as 64MiB, a number such as 2000000 parameters, or none";

  /** Nothing is bounded. */
  public static final Budget NONE = new Budget(0, BudgetUnit.NO_BUDGET);

  private static final Pattern PARAMETERS = Pattern.compile("(\\d{1,18})\\s*parameters");
  private static final String NO = "none";

  public Budget {
    Check.that(amount >= 0, "budget", amount, "at least 0");
    Check.that(
        unit == BudgetUnit.NO_BUDGET ? amount == 0 : amount > 0 && unit != BudgetUnit.UNRECOGNIZED,
        "budget",
        amount + " " + unit,
        "above 0 in BYTES or PARAMETERS, or 0 NO_BUDGET for none");
  }

  /**
   * Reads a budget. A number without a unit is bytes; 0 is none.
   *
   * @throws IllegalArgumentException when the text is none
   */
  public static Budget parse(String text) {
    String stripped = text.strip();
    if (stripped.equals(NO)) {
      return NONE;
    }
    var parameters = PARAMETERS.matcher(stripped);
    if (parameters.matches()) {
      return of(Long.parseLong(parameters.group(1)), BudgetUnit.PARAMETERS);
    }
    try {
      return of(Bytes.parse(stripped).count(), BudgetUnit.BYTES);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(Check.message("budget", text, RULE), e);
    }
  }

  /**
   * A budget as messages carry it: an amount of 0 is none.
   *
   * @throws IllegalArgumentException when the amount is negative or has no unit
   */
  public static Budget of(long amount, BudgetUnit unit) {
    return amount == 0 ? NONE : new Budget(amount, unit);
  }

  /** Whether there is one. */
  public boolean exists() {
    return amount > 0;
  }

  /** The same text for any amount in the budget's unit, for people. */
  public String text(long other) {
    return switch (unit) {
      case PARAMETERS -> other + " parameters";
      case BYTES -> new Bytes(other).toString();
      case NO_BUDGET, UNRECOGNIZED -> Long.toString(other);
    };
  }

  @Override
  public String toString() {
    return exists() ? text(amount) : NO;
  }
}
