package dev.varve.layout;

import dev.varve.schema.Block;
import dev.varve.schema.Layout;
import dev.varve.schema.Pin;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a layout says of the rows of one table: which dimension a row has at which popularity.
 *
 * <p>A row goes to the block with the largest threshold that its popularity reaches; below all of
 * them it has no row, dimension 0. It stays in its block until its popularity has fallen below the
 * block's threshold by the layout's hysteresis, so that rows near a threshold do not move to and
 * fro. A pinned category has its dimension at any popularity.
 *
 * <p><b>Threads:</b> any; nothing here changes.
 */
public final class TableRule {
  /** The least factor of thresholds: a row rises as low as observations allow, and no lower. */
  static final double LEAST_RISE = Math.sqrt(0.5);

  private static final int LEVELS = 9;
  private static final int NOT_PINNED = -1;

  private final int[] dimensions;

  /** By block: from which popularity on a row rises to it, and does not fall below it. */
  private final double[] rising;

  private final double[] staying;

  /** By level of the row's dimension: from which popularity on, and below which, it leaves. */
  private final double[] rises = new double[LEVELS];

  private final double[] falls = new double[LEVELS];
  private final Map<Long, Integer> pins = new HashMap<>();

  private TableRule(List<Block> blocks, double hysteresis, double factor) {
    this.dimensions = blocks.stream().mapToInt(Block::getDimension).toArray();
    double rise = Math.max(factor, LEAST_RISE);
    this.rising = blocks.stream().mapToDouble(b -> rise * b.getThreshold()).toArray();
    this.staying = blocks.stream().mapToDouble(b -> factor * b.getThreshold()).toArray();
    Arrays.fill(rises, Double.NEGATIVE_INFINITY);
    Arrays.fill(falls, Double.NEGATIVE_INFINITY);
    rises[0] = rising.length == 0 ? Double.POSITIVE_INFINITY : rising[0];
    for (int block = 0; block < dimensions.length; block++) {
      int level = level(dimensions[block]);
      boolean isLast = block + 1 == dimensions.length;
      rises[level] = isLast ? Double.POSITIVE_INFINITY : rising[block + 1];
      falls[level] = staying[block] * (1 - hysteresis);
    }
  }

  /** The rule of a table, also of one that the layout does not name. */
  public static TableRule of(Layout layout, String table) {
    return of(layout, table, 1);
  }

  /**
   * The same with other thresholds. Where there is room for more than observations allow, what rows
   * have they keep: below 0.71 only the thresholds at which they fall are lower.
   *
   * @param factor of all of them
   */
  public static TableRule of(Layout layout, String table, double factor) {
    List<Block> blocks = Layouts.blocks(layout, table);
    var rule = new TableRule(blocks, layout.getHysteresis(), factor);
    for (Pin pin : layout.getPinsList()) {
      if (pin.getTable().equals(table)) {
        rule.pins.put(pin.getKey(), pin.getDimension());
      }
    }
    return rule;
  }

  /** 0, 1, 2, 3 for a dimension of 0, 1, 2, 4 and so on. */
  private static int level(int dimension) {
    return Integer.SIZE - Integer.numberOfLeadingZeros(dimension);
  }

  /**
   * The dimension that a row should have.
   *
   * @param current its dimension, 0 for none
   * @param popularity as of now
   */
  public int dimension(long category, int current, double popularity) {
    if (!pins.isEmpty()) {
      int pinned = pins.getOrDefault(category, NOT_PINNED);
      if (pinned != NOT_PINNED) {
        return pinned;
      }
    }
    return unpinned(current, popularity);
  }

  /** The dimension that a row should have that is not pinned. */
  public int unpinned(int current, double popularity) {
    return stays(current, popularity)
        ? current
        : Math.max(
            block(rising, popularity, Integer.MAX_VALUE), block(staying, popularity, current));
  }

  /**
   * Whether a category that is not pinned keeps the dimension it has; the test that nearly every
   * update passes.
   */
  public boolean stays(int current, double popularity) {
    int level = level(current);
    return popularity < rises[level] && popularity >= falls[level];
  }

  /** The widest block, up to a dimension, whose threshold a popularity reaches; 0 for none. */
  private int block(double[] thresholds, double popularity, int most) {
    int dimension = 0;
    for (int i = 0; i < dimensions.length && popularity >= thresholds[i]; i++) {
      dimension = dimensions[i] <= most ? dimensions[i] : dimension;
    }
    return dimension;
  }

  /** Whether a category has a dimension of its own. */
  public boolean isPinned(long category) {
    return pins.containsKey(category);
  }

  /** The popularity from which on a row of this dimension moves up; none at the top. */
  public Optional<Double> rises(int dimension) {
    double at = rises[level(dimension)];
    return Double.isInfinite(at) ? Optional.empty() : Optional.of(at);
  }

  /** The popularity below which a row of this dimension moves down; none where it never does. */
  public Optional<Double> falls(int dimension) {
    double at = falls[level(dimension)];
    return at > 0 ? Optional.of(at) : Optional.empty();
  }

  /** The dimension of the next block above; the same where there is none. */
  public int above(int dimension) {
    return Arrays.stream(dimensions).filter(d -> d > dimension).findFirst().orElse(dimension);
  }

  /** The dimension of the next block below; 0 where there is none. */
  public int below(int dimension) {
    return Arrays.stream(dimensions).filter(d -> d < dimension).max().orElse(0);
  }

  /** The popularity from which on a category has a row; infinite when none has. */
  public double admission() {
    return rises[0];
  }
}
