package dev.varve.layout;

import dev.varve.base.Check;
import dev.varve.schema.BudgetUnit;
import java.util.function.IntUnaryOperator;

/**
 * What rows and bases cost in one unit. Immutable.
 *
 * <p><b>Units:</b> of the budget. A trace, dimension 0, costs nothing.
 */
public final class RowCost {
  /** Bytes of a row beside its floats: header, index entry and slot at the usual load. */
  public static final long HEADER_BYTES = 32;

  private final BudgetUnit unit;
  private final long[] byDimension;
  private final long basis;

  private RowCost(BudgetUnit unit, long[] byDimension, long basis) {
    this.unit = unit;
    this.byDimension = byDimension;
    this.basis = basis;
  }

  /**
   * Bytes in memory: {@code 32 + 4 * stateLength(d)} a row, and {@code 8 * D * D} for the basis of
   * a table with its optimizer state.
   *
   * @param baseDimension D, the widest dimension
   * @param stateLength floats of a row of a dimension, with its optimizer state
   */
  public static RowCost bytes(int baseDimension, IntUnaryOperator stateLength) {
    return of(
        BudgetUnit.BYTES,
        baseDimension,
        d -> Math.toIntExact(HEADER_BYTES + (long) Float.BYTES * stateLength.applyAsInt(d)),
        2L * Float.BYTES * baseDimension * baseDimension);
  }

  /** Learned floats: {@code 1 + d} a row and {@code D * D} a basis. */
  public static RowCost parameters(int baseDimension) {
    return of(
        BudgetUnit.PARAMETERS, baseDimension, d -> 1 + d, (long) baseDimension * baseDimension);
  }

  private static RowCost of(BudgetUnit unit, int widest, IntUnaryOperator row, long basis) {
    Check.that(widest >= 1, "baseDimension", widest, "at least 1");
    long[] byDimension = new long[widest + 1];
    for (int d = 1; d <= widest; d++) {
      byDimension[d] = row.applyAsInt(d);
    }
    return new RowCost(unit, byDimension, basis);
  }

  /** What is counted. */
  public BudgetUnit unit() {
    return unit;
  }

  /** Cost of a row of dimension d, from 0 to D. */
  public long row(int dimension) {
    return byDimension[dimension];
  }

  /** Cost of one table's basis. */
  public long basis() {
    return basis;
  }

  /**
   * The same rows in both units.
   *
   * @param bytes counts bytes
   * @param parameters counts parameters
   */
  public record Both(RowCost bytes, RowCost parameters) {
    /** Costs of rows of up to D dimensions whose state has these lengths. */
    public static Both of(int baseDimension, IntUnaryOperator stateLength) {
      return new Both(RowCost.bytes(baseDimension, stateLength), RowCost.parameters(baseDimension));
    }

    /** Costs in a unit; bytes where there is no budget. */
    public RowCost in(BudgetUnit unit) {
      return unit == BudgetUnit.PARAMETERS ? parameters : bytes;
    }
  }
}
