package dev.varve.layout;

import dev.varve.schema.Block;
import dev.varve.schema.Layout;
import dev.varve.schema.Pin;
import dev.varve.schema.Plan;
import dev.varve.schema.Tail;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Makes layouts and says what they would do. Keeps nothing.
 *
 * <p><b>Units:</b> uses are in the unit of the budget, bytes where there is none.
 */
final class Planner {
  /** Bins that thresholds can be lowered by in a shard: then every row keeps what it has. */
  private static final int MOST_LOWERED = 16 * Scale.BINS_PER_DOUBLING;

  private final Balance.Setup setup;
  private final Spectrum unknown;

  Planner(Balance.Setup setup) {
    this.setup = setup;
    this.unknown = Spectrum.unknown(setup.dimension());
  }

  /** Most that each shard may grow by until the next layout; 0, no bound, without a budget. */
  long growthPerShard(Budget budget) {
    return budget.exists()
        ? Math.max(1, (long) (budget.amount() * setup.config().growth() / setup.shards()))
        : 0;
  }

  /** The same where rows are planned to use so much: they may grow into what is left free, too. */
  long growthPerShard(Terms terms, long planned) {
    Budget budget = terms.budget();
    return budget.exists()
        ? growthPerShard(budget) + Math.max(0, (target(terms) - planned) / setup.shards())
        : 0;
  }

  /** What a new layout may use: the budget without growth, and without what counts may err by. */
  long target(Terms terms) {
    Budget budget = terms.budget();
    return budget.exists()
        ? budget.amount() - growthPerShard(budget) * setup.shards() - margin(budget)
        : Long.MAX_VALUE / 2;
  }

  /** Shards count rows in quarters of bins when they set their thresholds. */
  private static long margin(Budget budget) {
    return budget.amount() / 500;
  }

  /**
   * What the rows of each shard may take, growth included: what they are planned to, and an equal
   * part of what is left of the budget.
   */
  SortedMap<Integer, Long> quotas(CensusMerge census, Layout layout, Terms terms) {
    RowCost cost = setup.costs().in(terms.budget().unit());
    var quotas = new TreeMap<Integer, Long>();
    census
        .viewsByShard(setup.halfLifeMs())
        .forEach((shard, view) -> quotas.put(shard, Solver.toUnits(rows(view, layout, cost))));
    long planned = quotas.values().stream().mapToLong(Long::longValue).sum();
    long free = terms.budget().amount() - margin(terms.budget()) - planned;
    long each =
        (free - fixed(census, terms, cost) - tail(census, layout, cost))
            / Math.max(1, quotas.size());
    quotas.replaceAll((_, rows) -> Math.max(1, rows + each));
    return quotas;
  }

  private static double rows(CensusView view, Layout layout, RowCost cost) {
    return used(view, cuts(view, layout, 0), cost);
  }

  /**
   * Throws unless the least layout fits.
   *
   * @throws OverBudgetException with the numbers
   */
  void requireRoom(CensusMerge census, Terms terms) throws OverBudgetException {
    long floor = solver(census, terms, setup.config().allocator(), true).floor();
    if (floor > target(terms)) {
      throw new OverBudgetException(terms.budget(), floor, target(terms));
    }
  }

  /**
   * The best layout, without a version.
   *
   * @param edgesOnly whether thresholds inside bins of the census, where rows are not counted
   *     exactly, are forbidden
   * @throws OverBudgetException when even the least layout does not fit
   */
  Layout.Builder propose(CensusMerge census, Terms terms, Allocator.Kind kind, boolean edgesOnly)
      throws OverBudgetException {
    Allocation allocation = solver(census, terms, kind, edgesOnly).solve(terms.budget());
    Layout.Builder layout = frame(terms).setHysteresis(hysteresis());
    allocation.into(layout, scale(census));
    return layout;
  }

  /** A layout with all that does not depend on rows. */
  Layout.Builder frame(Terms terms) {
    Layout.Builder layout = Layout.newBuilder();
    RebalanceConfig config = setup.config();
    if (config.tail() != TailKind.NONE) {
      layout
          .getTailBuilder()
          .setEncoding(config.tail().encoding())
          .setDimension(config.tailDimension())
          .setRows(config.tailRows());
    }
    return layout
        .setBaseDimension(setup.dimension())
        .setUnit(terms.budget().unit())
        .setBudget(terms.budget().amount())
        .setGrowth(growthPerShard(terms.budget()))
        .addAllPins(terms.pins())
        .setExpire(setup.config().expire())
        .setKeepMs(setup.config().keep().toMillis());
  }

  /** What is used when every row follows a layout. */
  long used(CensusMerge census, Layout layout, Terms terms) {
    RowCost cost = setup.costs().in(terms.budget().unit());
    double rows = rows(census.view(setup.halfLifeMs()), layout, cost);
    return Solver.toUnits(rows + fixed(census, terms, cost) + tail(census, layout, cost));
  }

  /**
   * What a layout would do to the rows as they are, with thresholds lowered as each shard lowers
   * them where there is room; without id and times.
   */
  Plan.Builder plan(
      CensusMerge census, Layout before, Layout after, Terms terms, double rowsPerSec) {
    RowCost cost = setup.costs().in(terms.budget().unit());
    var moves = new Moves(cost, setup.costs().bytes());
    var captured =
        new Captured(Spectrum.of(census.tables(), setup.dimension()), unknown, setup.dimension());
    SortedMap<Integer, Long> quotas = quotas(census, after, terms);
    double used = fixed(census, terms, cost) + tail(census, after, cost);
    for (Map.Entry<Integer, CensusView> shard :
        census.viewsByShard(setup.halfLifeMs()).entrySet()) {
      CensusView view = shard.getValue();
      long most = quotas.getOrDefault(shard.getKey(), 0L) - growthPerShard(terms.budget());
      Map<String, Cuts> cuts = fitted(view, after, terms.budget().exists() ? most : 0, cost);
      captured.add(view, cuts);
      for (TableRows table : view.tables()) {
        Cuts of = Objects.requireNonNull(cuts.get(table.table()));
        moves.add(table, of);
        used += of.used(table, cost);
      }
    }
    return Plan.newBuilder()
        .setBaseVersion(before.getVersion())
        .setLayout(after)
        .setUsedBefore(census.used(cost) + tail(census, before, cost))
        .setUsedAfter(Solver.toUnits(used))
        .setDurationMs((long) Math.ceil(1000 * census.rowsAndTraces() / rowsPerSec))
        .addAllTables(moves.plans(before, after))
        .setMoves(moves.moves())
        .setWriteBytes(moves.writeBytes())
        .setCapturedBefore(captured.before())
        .setCapturedAfter(captured.after())
        .setGain(captured.gain())
        .setTailBefore(tail(census, before, cost))
        .setTailAfter(tail(census, after, cost));
  }

  /**
   * By table, a layout's cuts as low, by whole bins, as the rows of a shard fit what they may use.
   */
  private static Map<String, Cuts> fitted(
      CensusView shard, Layout layout, long most, RowCost cost) {
    Map<String, Cuts> cuts = cuts(shard, layout, 0);
    int fits = 0;
    int tooLow = MOST_LOWERED + 1;
    while (tooLow - fits > 1) {
      int middle = (fits + tooLow) / 2;
      Map<String, Cuts> lower = cuts(shard, layout, middle);
      if (used(shard, lower, cost) <= most) {
        fits = middle;
        cuts = lower;
      } else {
        tooLow = middle;
      }
    }
    return cuts;
  }

  private static Map<String, Cuts> cuts(CensusView view, Layout layout, int lowered) {
    Map<String, Cuts> cuts = new HashMap<>();
    for (TableRows table : view.tables()) {
      cuts.put(table.table(), cuts(layout, table.table(), view.scale()).lowered(lowered));
    }
    return cuts;
  }

  private static double used(CensusView view, Map<String, Cuts> cuts, RowCost cost) {
    double used = 0;
    for (TableRows table : view.tables()) {
      used += Objects.requireNonNull(cuts.get(table.table())).used(table, cost);
    }
    return used;
  }

  /** Whether the blocks of all tables keep their least and most dimensions. */
  boolean keepsBounds(CensusMerge census, Layout layout, Terms terms) {
    Bounds bounds = bounds(terms);
    return census.tableNames().stream()
        .allMatch(
            table -> {
              List<Block> blocks = blocks(layout, table);
              int least = bounds.least().getOrDefault(table, 0);
              int most = bounds.most().getOrDefault(table, Integer.MAX_VALUE);
              boolean keepsLeast =
                  least == 0
                      || (!blocks.isEmpty()
                          && blocks.getFirst().getThreshold() == 0
                          && blocks.getFirst().getDimension() >= least);
              return keepsLeast && blocks.stream().allMatch(b -> b.getDimension() <= most);
            });
  }

  /** The blocks of a table under a layout. */
  static List<Block> blocks(Layout layout, String table) {
    return Layouts.blocks(layout, table);
  }

  private static Cuts cuts(Layout layout, String table, Scale scale) {
    return Cuts.of(blocks(layout, table), layout.getHysteresis(), scale);
  }

  private Solver solver(CensusMerge census, Terms terms, Allocator.Kind kind, boolean edgesOnly) {
    RebalanceConfig config = setup.config();
    RowCost cost = setup.costs().in(terms.budget().unit());
    return new Solver(
        new Solver.Question(
            census.view(setup.halfLifeMs()),
            Spectrum.of(census.tables(), setup.dimension()),
            unknown,
            Allocator.of(kind, config.alpha()),
            cost,
            bounds(terms),
            target(terms),
            fixed(census, terms, cost) + tailAtMost(census, terms, cost),
            edgesOnly));
  }

  /** What the tail of a layout uses when all its rows are there. */
  long tail(CensusMerge census, Layout layout, RowCost cost) {
    long tables =
        census.tableNames().stream().filter(table -> Layouts.hasTail(layout, table)).count();
    return tables * tailOfTable(layout.getTail(), cost);
  }

  private long tailOfTable(Tail tail, RowCost cost) {
    return (long) setup.shards() * tail.getRows() * cost.row(tail.getDimension());
  }

  /** The same for any layout with the bounds of these terms. */
  private long tailAtMost(CensusMerge census, Terms terms, RowCost cost) {
    Map<String, Integer> least = bounds(terms).least();
    long tables =
        census.tableNames().stream().filter(table -> least.getOrDefault(table, 0) == 0).count();
    return tables * tailOfTable(frame(terms).getTail(), cost);
  }

  private Bounds bounds(Terms terms) {
    RebalanceConfig config = setup.config();
    var least = new TreeMap<>(config.minDimension());
    least.putAll(terms.tablePins());
    var most = new TreeMap<>(config.maxDimension());
    most.putAll(terms.tablePins());
    return new Bounds(
        config.levels(setup.dimension()),
        terms.budget().exists() ? config.kappa() : 0,
        Cuts.band(hysteresis()),
        least,
        most);
  }

  private double hysteresis() {
    return Cuts.wholeBins(setup.config().hysteresis());
  }

  private Scale scale(CensusMerge census) {
    return new Scale(setup.halfLifeMs(), census.watermarkMs());
  }

  /** A pinned category is counted beside its row, since the census does not say which row it is. */
  private static long fixed(CensusMerge census, Terms terms, RowCost cost) {
    long pinned = 0;
    for (Pin pin : terms.pins()) {
      pinned += cost.row(pin.getDimension());
    }
    return census.fixed(cost) + pinned;
  }
}
