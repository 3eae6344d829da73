package dev.varve.layout;

import dev.varve.base.Check;

/** Thrown when even the least layout does not fit the budget. */
final class OverBudgetException extends Exception {
  private static final long serialVersionUID = 1;

  private final long floor;

  /**
   * Says how much is missing.
   *
   * @param floor what the least layout uses, in units of the budget
   * @param room what it may use
   */
  OverBudgetException(Budget budget, long floor, long room) {
    super(
        Check.message(
            "budget",
            budget,
            "at least %s: bases, pins, least dimensions and the tail use %s, and %s of the budget is for rows that come until the next layout"
                .formatted(
                    budget.text(floor + budget.amount() - room),
                    budget.text(floor),
                    budget.text(budget.amount() - room))));
    this.floor = floor;
  }

  /** What the least layout uses. */
  long floor() {
    return floor;
  }
}
