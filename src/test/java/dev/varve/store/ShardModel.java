package dev.varve.store;

import dev.varve.base.Seeds;
import dev.varve.layout.Layouts;
import dev.varve.learn.Optimizer;
import dev.varve.schema.Block;
import dev.varve.schema.BlockCensus;
import dev.varve.schema.BudgetUnit;
import dev.varve.schema.Census;
import dev.varve.schema.Decision;
import dev.varve.schema.Layout;
import dev.varve.schema.Pin;
import dev.varve.schema.TableCensus;
import dev.varve.schema.TableUpdate;
import dev.varve.schema.TailEncoding;
import dev.varve.schema.UpdateBatch;
import dev.varve.table.Popularity;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a shard is: the fold of its update batches, and of its decisions to follow layouts and to
 * set prices. Told once more, as plainly as possible: a layout moves all rows at once, nothing is
 * kept but the rows and the sums, all else is counted from them when it is asked for. Of what it
 * checks it uses the sketch.
 */
final class ShardModel {
  static final int SHARD = 3;

  private static final long UNIT_MS = 256;
  private static final long LAST_MS = (1L << 48) - 1;
  private static final double LARGEST = Math.scalb(2 - 0x1p-32, 128);
  private static final double SMALLEST = 0x1p-126;

  /**
   * A row, with its popularity at its latest time, both as they are kept; of dimension 0 a trace.
   */
  static final class ModelRow {
    double popularity;
    long timeMs;
    int dimension;
    float[] state;

    /** What was cut off, by its first coordinate; 0 is the linear weight. */
    final TreeMap<Integer, Cut> cuts = new TreeMap<>();

    ModelRow(double popularity, long timeMs, int dimension, float[] state) {
      this.popularity = popularity;
      this.timeMs = timeMs;
      this.dimension = dimension;
      this.state = state;
    }

    ModelRow copy() {
      var copy = new ModelRow(popularity, timeMs, dimension, state.clone());
      copy.cuts.putAll(cuts);
      return copy;
    }
  }

  /** A coordinate or a linear weight that was cut off, with what the optimizer remembers of it. */
  @SuppressWarnings("ArrayRecordComponent")
  record Cut(long version, float[] floats) {}

  final Map<String, Map<Long, ModelRow>> rows = new TreeMap<>();

  /** Rows that categories without their own share, by table's number and bucket. */
  final Map<Long, ModelRow> shared = new HashMap<>();

  final Map<String, Long> occurrences = new HashMap<>();
  final Map<String, Long> admitted = new HashMap<>();
  final Map<String, Long> expired = new HashMap<>();
  final Map<Integer, Long> applied = new HashMap<>();
  final List<String> numbers = new ArrayList<>();
  private final Map<Long, Long> layoutTimes = new HashMap<>();
  private final int dimension;
  private final Optimizer optimizer;
  private Optimizer stepping;
  private final long halfLifeMs;
  private final CategorySketch unseen;

  /** What was counted in the sketch: table, category, occurrences, time. */
  private final List<long[]> unseenAdds = new ArrayList<>();

  /** Layouts in the log, by version. */
  private final TreeMap<Long, Layout> came = new TreeMap<>();

  Layout layout;
  long batches;
  long cameMs = -UNIT_MS;
  long examples;
  long watermarkMs;
  long layoutVersion;
  long refusedGradients;
  long held;
  long moves;
  private Room room = new Room();

  /** What touched rows may take, and the price of it. */
  private static final class Room {
    int price;
    long sinceMs = -UNIT_MS;
    long quota;
    long room;
    long grownByMoves;
    long grownByAdmissions;
    long askedByMoves;
    long askedByAdmissions;
    long held;
    long missing;
    double admissionShare = 0.5;

    Room copy() {
      var copy = new Room();
      copy.price = price;
      copy.sinceMs = sinceMs;
      copy.quota = quota;
      copy.room = room;
      copy.grownByMoves = grownByMoves;
      copy.grownByAdmissions = grownByAdmissions;
      copy.askedByMoves = askedByMoves;
      copy.askedByAdmissions = askedByAdmissions;
      copy.held = held;
      copy.missing = missing;
      copy.admissionShare = admissionShare;
      return copy;
    }

    long grown() {
      return grownByMoves + grownByAdmissions;
    }

    /** All that is free may be taken. */
    void settle(long used, long slack) {
      long free = quota - used + grown();
      room = Math.max(1, free);
      missing = free >= slack ? 0 : missing + slack - free;
      held = 0;
    }

    double nextShare() {
      double asked = askedByAdmissions + askedByMoves;
      return asked == 0 ? admissionShare : (askedByAdmissions + 1) / (asked + 2);
    }

    /** The same after a change of price. */
    Room next(int price, long sinceMs, long room) {
      var next = new Room();
      next.price = price;
      next.sinceMs = sinceMs;
      next.room = room;
      next.quota = quota;
      next.missing = missing;
      next.admissionShare = nextShare();
      return next;
    }
  }

  ShardModel(int dimension, Optimizer optimizer, long halfLifeMs) {
    this.dimension = dimension;
    this.optimizer = optimizer;
    this.stepping = optimizer;
    this.halfLifeMs = halfLifeMs;
    this.layout = Layouts.first(dimension);
    this.unseen = new CategorySketch(new Popularity(halfLifeMs), 1 << 16);
  }

  ShardModel copy(long otherHalfLifeMs) {
    var copy = new ShardModel(dimension, optimizer, otherHalfLifeMs);
    rows.forEach(
        (table, byKey) -> {
          Map<Long, ModelRow> copied = new HashMap<>();
          byKey.forEach((key, row) -> copied.put(key, row.copy()));
          copy.rows.put(table, copied);
        });
    shared.forEach((key, row) -> copy.shared.put(key, row.copy()));
    copy.occurrences.putAll(occurrences);
    copy.admitted.putAll(admitted);
    copy.expired.putAll(expired);
    copy.applied.putAll(applied);
    copy.numbers.addAll(numbers);
    copy.layoutTimes.putAll(layoutTimes);
    if (otherHalfLifeMs == halfLifeMs) {
      unseenAdds.forEach(copy::addUnseen);
    }
    copy.came.putAll(came);
    copy.layout = layout;
    copy.batches = batches;
    copy.cameMs = cameMs;
    copy.examples = examples;
    copy.watermarkMs = watermarkMs;
    copy.layoutVersion = layoutVersion;
    copy.room = room.copy();
    copy.held = held;
    copy.moves = moves;
    return copy;
  }

  private void addUnseen(long[] add) {
    unseenAdds.add(add);
    unseen.add((int) add[0], add[1], (int) add[2], add[3]);
  }

  /** Rows, without traces. */
  long rowCount() {
    return rows.values().stream().mapToLong(ShardModel::rowCount).sum();
  }

  static long rowCount(Map<Long, ModelRow> byKey) {
    return byKey.values().stream().filter(row -> row.dimension > 0).count();
  }

  /** Version of the newest layout in the log. */
  long newestLayout() {
    return Math.max(layout.getVersion(), came.isEmpty() ? 0 : came.lastKey());
  }

  // -- batches

  /** Follows a layout, or sets a price; gives the same as the shard's own words would be. */
  Decision decide(Decision decided) {
    if (decided.getSwept()) {
      room.settle(used(), layout.getSlack());
    } else if (decided.getLayoutVersion() > layout.getVersion()) {
      follow(Objects.requireNonNull(came.get(decided.getLayoutVersion())));
    } else {
      makeRoom();
    }
    return Decision.newBuilder()
        .setBehind(batches)
        .setLayoutVersion(layout.getVersion())
        .setPrice(room.price)
        .setRoom(room.room)
        .setSwept(decided.getSwept())
        .build();
  }

  void apply(UpdateBatch batch) {
    stepping = optimizer.times(batch.hasRate() ? batch.getRate() : 1);
    batches++;
    if (batch.hasLayout()) {
      came.put(batch.getLayout().getVersion(), batch.getLayout());
      return;
    }
    for (TableUpdate update : batch.getTablesList()) {
      String table = update.getTable();
      if (!rows.containsKey(table)) {
        numbers.add(table);
        rows.put(table, new HashMap<>());
        occurrences.put(table, 0L);
      }
      List<long[]> unseenNow = new ArrayList<>();
      List<Runnable> sharedNow = new ArrayList<>();
      FloatBuffer gradients =
          update
              .getGradients()
              .asReadOnlyByteBuffer()
              .order(ByteOrder.LITTLE_ENDIAN)
              .asFloatBuffer();
      for (int i = 0; i < update.getKeysCount(); i++) {
        int read = update.getDimensionsCount() == 0 ? dimension : update.getDimensions(i);
        float[] gradient = new float[read == 0 ? 0 : 3 + read];
        gradients.get(gradient);
        long timeMs = keptMs(batch.getEventTimeMs() + update.getEventTimeOffsetsMs(i));
        int count = update.getOccurrences(i);
        long key = update.getKeys(i);
        ModelRow row = row(table, key, timeMs, count);
        if (row != null) {
          takeItsRow(table, key, row);
        }
        if ((row == null || row.dimension == 0) && read > 0 && hasTail(layout, table)) {
          sharedNow.add(() -> share(table, key, count, timeMs, gradient));
        }
        if (row == null) {
          unseenNow.add(new long[] {numbers.indexOf(table), key, count, timeMs});
        } else {
          update(table, key, row, count, timeMs, gradient);
        }
        occurrences.merge(table, (long) count, Long::sum);
      }
      sharedNow.forEach(Runnable::run);
      unseenNow.forEach(this::addUnseen);
    }
    examples += batch.getExamples();
    watermarkMs = Math.max(watermarkMs, batch.getEventTimeMs());
    layoutVersion = layout.getVersion();
    applied.merge(batch.getTrainer(), batch.getEndOffset(), Math::max);
  }

  /** The category's row or trace; null when it has neither and has not earned one. */
  private @Nullable ModelRow row(String table, long key, long timeMs, int count) {
    Map<Long, ModelRow> byKey = Objects.requireNonNull(rows.get(table));
    ModelRow row = byKey.get(key);
    if (row != null) {
      return row;
    }
    List<Block> blocks = blocks(table);
    double first =
        blocks.isEmpty()
            ? Double.POSITIVE_INFINITY
            : Math.max(factor(), Math.sqrt(0.5)) * blocks.getFirst().getThreshold();
    double before = first <= count ? 0 : unseen.estimate(numbers.indexOf(table), key, timeMs);
    int to = dimension(table, key, 0, before + count);
    if (to == 0) {
      return null;
    }
    if (cameMs >= 0) {
      room.askedByAdmissions += cost(to);
      if (room.room > 0 && room.grownByAdmissions + cost(to) > room.room * room.admissionShare) {
        held++;
        room.held++;
        return null;
      }
      room.grownByAdmissions += cost(to);
    }
    row = new ModelRow(kept(before), timeMs, to, first(table, key, to));
    byKey.put(key, row);
    admitted.merge(table, 1L, Long::sum);
    moves++;
    return row;
  }

  private void update(
      String table, long key, ModelRow row, int count, long timeMs, float[] gradient) {
    count(row, count, timeMs);
    if (row.dimension > 0
        && gradient.length > 0
        && !stepping.step(row.state, 0, row.dimension, fit(gradient, row.dimension), 0)) {
      refusedGradients++;
    }
    int to = dimension(table, key, row.dimension, row.popularity);
    if (to == row.dimension) {
      return;
    }
    long more = cost(to) - cost(row.dimension);
    room.askedByMoves += Math.max(0, more);
    if (room.room > 0
        && more > 0
        && room.grownByMoves + more > room.room * (1 - room.admissionShare)) {
      held++;
      room.held++;
    } else {
      room.grownByMoves += more;
      move(table, key, row, to);
    }
  }

  // -- the tail

  private static boolean hasTail(Layout layout, String table) {
    var named = layout.getTablesMap().get(table);
    var blocks = named == null ? layout.getDefaultBlocksList() : named.getBlocksList();
    return layout.hasTail() && (blocks.isEmpty() || blocks.getFirst().getThreshold() > 0);
  }

  /** The numbers of the rows that a category shares: one, or that of the quotient and remainder. */
  private List<Long> sharedKeys(String table, long key) {
    int parts = layout.getTail().getEncoding() == TailEncoding.QR ? 2 : 1;
    int buckets = layout.getTail().getRows() / parts;
    List<Long> keys = new ArrayList<>();
    for (int part = 0; part < parts; part++) {
      long hash = Seeds.mix(Seeds.mix(0x7A11, part), key);
      long bucket = Math.unsignedMultiplyHigh(hash, buckets) + (long) part * buckets;
      keys.add(numbers.indexOf(table) * (1L << 32) + bucket);
    }
    return keys;
  }

  private ModelRow sharedRow(long key, int part) {
    ModelRow there = shared.get(key);
    if (there != null) {
      return there;
    }
    int d = layout.getTail().getDimension();
    float[] state = optimizer.initial("", key, d);
    for (int k = 1; k <= d && part == 1; k++) {
      state[k] = 1;
    }
    return new ModelRow(0, 0, d, state);
  }

  /** What a category without a row of its own is served as: weight, coordinates; null for none. */
  float @Nullable [] tail(String table, long key) {
    if (!hasTail(layout, table) || !numbers.contains(table)) {
      return null;
    }
    List<Long> keys = sharedKeys(table, key);
    float[] state = sharedRow(keys.getFirst(), 0).state.clone();
    if (keys.size() > 1) {
      float[] remainder = sharedRow(keys.get(1), 1).state;
      state[0] += remainder[0];
      for (int k = 1; k <= layout.getTail().getDimension(); k++) {
        state[k] *= remainder[k];
      }
    }
    return state;
  }

  private void share(String table, long key, int count, long timeMs, float[] gradient) {
    int d = layout.getTail().getDimension();
    float[] fit = fit(gradient, d);
    List<Long> keys = sharedKeys(table, key);
    List<ModelRow> parts = new ArrayList<>();
    for (int part = 0; part < keys.size(); part++) {
      ModelRow row = sharedRow(keys.get(part), part);
      shared.put(keys.get(part), row);
      parts.add(row);
    }
    List<float[]> gradients = new ArrayList<>();
    gradients.add(parts.size() == 1 ? fit : times(fit, parts.get(1).state, d));
    if (parts.size() > 1) {
      gradients.add(times(fit, parts.get(0).state, d));
    }
    boolean isRefused = false;
    for (int part = 0; part < parts.size(); part++) {
      count(parts.get(part), count, timeMs);
      isRefused |= !stepping.step(parts.get(part).state, 0, d, gradients.get(part), 0);
    }
    refusedGradients += isRefused ? 1 : 0;
  }

  private static float[] times(float[] gradient, float[] other, int d) {
    float[] times = gradient.clone();
    float before = 0;
    float after = 0;
    for (int k = 1; k <= d; k++) {
      times[k] = gradient[k] * other[k];
      before += gradient[k] * gradient[k];
      after += times[k] * times[k];
    }
    times[2 + d] = before > 0 ? gradient[2 + d] * (after / before) : 0;
    return times;
  }

  /** The state that a category's first row begins with: as it was served until then. */
  private float[] first(String table, long key, int to) {
    float[] state = optimizer.initial(table, key, to);
    float[] tail = tail(table, key);
    for (int k = 0; tail != null && k <= Math.min(to, layout.getTail().getDimension()); k++) {
      state[k] = tail[k];
    }
    return state;
  }

  private boolean comesBack(ModelRow row) {
    Cut weight = row.cuts.get(0);
    return layout.getRestores() > 0 && weight != null && weight.version > layout.getRestores();
  }

  /** A trace that the layout gives a row takes it when it is touched, beginning with its tail. */
  private void takeItsRow(String table, long key, ModelRow row) {
    if (row.dimension == 0 && row.timeMs <= room.sinceMs && hasTail(layout, table)) {
      int to = dimension(table, key, 0, asOf(row));
      if (to > 0) {
        move(table, key, row, to);
      }
    }
  }

  /** The coordinates that both have; what is lost of the sum's square is lost of the squares. */
  private static float[] fit(float[] gradient, int dimension) {
    int came = gradient.length - 3;
    if (came == dimension) {
      return gradient;
    }
    float[] fit = new float[3 + dimension];
    float part = 0;
    float rest = 0;
    for (int k = 0; k < came; k++) {
      if (k < dimension) {
        fit[1 + k] = gradient[1 + k];
        part += gradient[1 + k] * gradient[1 + k];
      } else {
        rest += gradient[1 + k] * gradient[1 + k];
      }
    }
    fit[0] = gradient[0];
    fit[1 + dimension] = gradient[1 + came];
    float squares = gradient[2 + came];
    if (dimension < came) {
      squares = part + rest > 0 ? squares * (part / (part + rest)) : 0;
    }
    fit[2 + dimension] = squares;
    return fit;
  }

  private void count(ModelRow row, int occurrences, long atMs) {
    if (atMs < row.timeMs) {
      row.popularity = kept(row.popularity + occurrences * left(row.timeMs - atMs));
    } else {
      row.popularity = kept(row.popularity * left(atMs - row.timeMs) + occurrences);
      row.timeMs = atMs;
    }
    if (row.timeMs <= room.sinceMs) {
      row.popularity = kept(row.popularity * left(room.sinceMs + UNIT_MS - row.timeMs));
      row.timeMs = room.sinceMs + UNIT_MS;
    }
  }

  private double left(long elapsedMs) {
    return new Popularity(halfLifeMs).decay(elapsedMs);
  }

  /**
   * The nearest popularity that 32 bits behind the point of its binary logarithm's floor can be.
   */
  private static double kept(double popularity) {
    if (popularity < SMALLEST) {
      return 0;
    }
    int exponent = Math.getExponent(popularity);
    double fraction = Math.scalb(popularity, -exponent) - 1;
    double rounded = 1 + Math.rint(fraction * 0x1p32) / 0x1p32;
    return Math.min(Math.scalb(rounded, exponent), LARGEST);
  }

  /** Event time is kept to a quarter of a second, rounded down. */
  private static long keptMs(long timeMs) {
    return Math.clamp(timeMs, 0, LAST_MS) / UNIT_MS * UNIT_MS;
  }

  // -- layouts

  private void follow(Layout next) {
    if (next.hasTail() && !numbers.contains("")) {
      numbers.add("");
    }
    for (String table : rows.keySet()) {
      if (!(hasTail(next, table) && next.getTail().equals(layout.getTail()))) {
        shared.keySet().removeIf(key -> key >>> 32 == numbers.indexOf(table));
      }
    }
    layout = next;
    layoutVersion = next.getVersion();
    cameMs = Math.max(keptMs(watermarkMs), room.sinceMs + UNIT_MS);
    layoutTimes.put(next.getVersion(), cameMs);
    double share = room.nextShare();
    room = new Room();
    room.admissionShare = share;
    room.room = next.getGrowth();
    room.sinceMs = cameMs;
    if (next.getRestores() == 0 && next.containsQuotas(SHARD)) {
      room.quota = next.getQuotasOrThrow(SHARD);
      setPrice(cameMs);
    }
    held = 0;
    moves = 0;
    sweep();
  }

  /** Brings what was not touched since the layout came to it. */
  void sweep() {
    rows.forEach(
        (table, byKey) ->
            byKey
                .entrySet()
                .removeIf(
                    entry ->
                        entry.getValue().timeMs <= room.sinceMs
                            && !staysKnown(table, entry.getKey(), entry.getValue())));
  }

  /** Whether touched rows wanted more room than there is. */
  boolean isShort() {
    long every = Math.max(1, halfLifeMs / 128);
    boolean isShort = room.held > 0 || 2 * (room.grownByMoves + room.grownByAdmissions) > room.room;
    return layout.getSlack() > 0 && isShort && watermarkMs / every > room.sinceMs / every;
  }

  /** Raises the thresholds. */
  private void makeRoom() {
    long atMs = Math.max(keptMs(watermarkMs), room.sinceMs + UNIT_MS);
    if (room.quota == 0) {
      room.quota = used() - room.grown() + layout.getGrowth();
    }
    setPrice(atMs);
    sweep();
  }

  /** The least price at which rows leave the slack free. */
  private void setPrice(long atMs) {
    long target = room.quota - layout.getSlack() - room.missing;
    int price = -1024;
    while (price < 4096 && used(price + 64, atMs) > target) {
      price += 64;
    }
    while (price < 4096 && used(price, atMs) > target) {
      price++;
    }
    long most = Math.max(used(), used(price, atMs));
    room = room.next(price, atMs, Math.max(1, room.quota - most));
  }

  private long used() {
    return rows.values().stream()
        .flatMap(byKey -> byKey.values().stream())
        .mapToLong(row -> cost(row.dimension))
        .sum();
  }

  /** What rows would take if none were pinned, and a quarter lay in each quarter of their bin. */
  private long used(int price, long atMs) {
    var decay = new Popularity(halfLifeMs);
    double factor = Popularity.factor(price / 64.0);
    long quarters = 0;
    for (Map.Entry<String, Map<Long, ModelRow>> table : rows.entrySet()) {
      List<Block> blocks = blocks(table.getKey());
      for (ModelRow row : table.getValue().values()) {
        long bin = decay.bin(row.popularity, row.timeMs);
        for (double within : new double[] {0.125, 0.375, 0.625, 0.875}) {
          double popularity = decay.inBin(bin, within, atMs);
          quarters += cost(unpinned(blocks, row.dimension, popularity, factor));
        }
      }
    }
    return (quarters + 3) / 4;
  }

  private double factor() {
    return Popularity.factor(room.price / 64.0);
  }

  /** Brings a row to the layout; false when nothing is left of it. */
  private boolean staysKnown(String table, long key, ModelRow row) {
    double popularity = asOf(row);
    int to = dimension(table, key, row.dimension, popularity);
    row.cuts.values().removeIf(this::isTooOld);
    boolean mayComeBack = layout.getKeepMs() > 0 && (row.dimension > 0 || !row.cuts.isEmpty());
    if (to == 0 && popularity < layout.getExpire() && !mayComeBack) {
      if (row.dimension > 0) {
        expired.merge(table, 1L, Long::sum);
      }
      moves++;
      return false;
    }
    boolean waits = row.dimension == 0 && hasTail(layout, table) && !comesBack(row);
    if (to != row.dimension && !waits) {
      move(table, key, row, to);
    }
    return true;
  }

  /** The popularity of an untouched row that its dimension depends on. */
  private double asOf(ModelRow row) {
    boolean isLayout = room.sinceMs == cameMs;
    long asOfMs = isLayout ? layoutTimes.getOrDefault(layout.getRestores(), cameMs) : room.sinceMs;
    return asOfMs > row.timeMs ? row.popularity * left(asOfMs - row.timeMs) : row.popularity;
  }

  private boolean isTooOld(Cut cut) {
    return layoutTimes.getOrDefault(cut.version, 0L) < cameMs - layout.getKeepMs();
  }

  private List<Block> blocks(String table) {
    var named = layout.getTablesMap().get(table);
    return named == null ? layout.getDefaultBlocksList() : named.getBlocksList();
  }

  private int dimension(String table, long key, int current, double popularity) {
    for (Pin pin : layout.getPinsList()) {
      if (pin.getTable().equals(table) && pin.getKey() == key) {
        return pin.getDimension();
      }
    }
    return unpinned(blocks(table), current, popularity, factor());
  }

  private int unpinned(List<Block> blocks, int current, double popularity, double factor) {
    int to = 0;
    for (Block block : blocks) {
      boolean isHad = block.getDimension() <= current;
      double least = isHad ? factor : Math.max(factor, Math.sqrt(0.5));
      if (popularity >= least * block.getThreshold()) {
        to = block.getDimension();
      }
    }
    for (Block block : blocks) {
      if (block.getDimension() == current
          && to < current
          && popularity >= factor * block.getThreshold() * (1 - layout.getHysteresis())) {
        return current;
      }
    }
    return to;
  }

  private long cost(int d) {
    if (d == 0) {
      return 0;
    }
    return layout.getUnit() == BudgetUnit.BYTES
        ? 32 + 4L * optimizer.encoding().stateLength(d)
        : 1 + d;
  }

  // -- moves

  private void move(String table, long key, ModelRow row, int to) {
    moves++;
    if (row.dimension == 0) {
      admitted.merge(table, 1L, Long::sum);
    }
    if (to == 0) {
      expired.merge(table, 1L, Long::sum);
    }
    boolean isFirst = row.dimension == 0 && !comesBack(row);
    float[] initial = isFirst ? first(table, key, to) : optimizer.initial(table, key, to);
    float[] after = to == 0 ? new float[0] : initial;
    for (int k = 0; k <= Math.min(row.dimension, to) && Math.min(row.dimension, to) > 0; k++) {
      put(after, to, k, take(row.state, row.dimension, k));
    }
    if (to < row.dimension) {
      for (int k = to == 0 ? 0 : to + 1; k <= row.dimension; k++) {
        row.cuts.put(k, new Cut(layout.getVersion(), take(row.state, row.dimension, k)));
      }
      if (layout.getKeepMs() == 0) {
        row.cuts.clear();
      }
    } else if (layout.getRestores() == 0) {
      row.cuts.clear();
    } else {
      boolean joined = true;
      for (int k = row.dimension == 0 ? 0 : row.dimension + 1; k <= to && joined; k++) {
        Cut cut = row.cuts.get(k);
        joined = false;
        if (cut != null && cut.version > layout.getRestores()) {
          joined = true;
          put(after, to, k, cut.floats);
          row.cuts.remove(k);
        }
      }
      if (!joined) {
        row.cuts.clear();
      }
    }
    row.dimension = to;
    row.state = after;
  }

  /** The linear weight (0) or a coordinate (from 1 on) with what is remembered of it. */
  private float[] take(float[] state, int d, int k) {
    return switch (optimizer.encoding()) {
      case FLOAT32_PLAIN -> new float[] {state[k]};
      case FLOAT32_ROWWISE ->
          k == 0
              ? new float[] {state[0], state[1 + d], state[2 + d]}
              : new float[] {state[k], state[2 + d]};
      case FLOAT32_ADAGRAD -> new float[] {state[k], state[1 + d + k]};
    };
  }

  /** A row that has coordinates keeps its one sum for all of them; one without is given it. */
  private void put(float[] state, int d, int k, float[] floats) {
    state[k] = floats[0];
    switch (optimizer.encoding()) {
      case FLOAT32_PLAIN -> {}
      case FLOAT32_ROWWISE -> {
        if (k == 0) {
          state[1 + d] = floats[1];
          state[2 + d] = floats[2];
        }
      }
      case FLOAT32_ADAGRAD -> state[1 + d + k] = floats[1];
    }
  }

  // -- the census

  /**
   * The census, without what sweeps say of themselves.
   *
   * @param writtenBack the model as of the last write-back, whose rows the bins are of
   */
  Census census(int shard, ShardModel writtenBack) {
    var census =
        Census.newBuilder()
            .setShard(shard)
            .setWatermarkMs(watermarkMs)
            .setLayoutVersion(layoutVersion)
            .setExamples(examples)
            .setRaised(factor())
            .setGrown(room.quota == 0 ? room.grown() : used() - (room.quota - layout.getGrowth()))
            .setHeld(held)
            .setTailRows(shared.size());
    rows.forEach(
        (table, byKey) ->
            census.addTables(
                TableCensus.newBuilder()
                    .setTable(table)
                    .setRows(rowCount(byKey))
                    .setOccurrences(occurrences.getOrDefault(table, 0L))
                    .setAdmitted(admitted.getOrDefault(table, 0L))
                    .setExpired(expired.getOrDefault(table, 0L))
                    .addAllBlocks(blocks(byKey, writtenBack.rows.getOrDefault(table, Map.of())))));
    return census.build();
  }

  private List<BlockCensus> blocks(Map<Long, ModelRow> now, Map<Long, ModelRow> writtenBack) {
    List<BlockCensus> blocks = new ArrayList<>();
    for (int d : new int[] {0, 1, 2, 4, 8, 16, 32, 64, 128}) {
      long count = now.values().stream().filter(row -> row.dimension == d).count();
      var block = BlockCensus.newBuilder().setDimension(d).setRows(count);
      long before = 0;
      for (var bin : bins(writtenBack, d).entrySet()) {
        block.addBins(bin.getKey() - before).addBinRows(bin.getValue());
        before = bin.getKey();
      }
      if (count > 0 || block.getBinsCount() > 0) {
        blocks.add(block.build());
      }
    }
    return blocks;
  }

  private Map<Long, Long> bins(Map<Long, ModelRow> byKey, int dimension) {
    var decay = new Popularity(halfLifeMs);
    var counts = new TreeMap<Long, Long>();
    for (ModelRow row : byKey.values()) {
      if (row.dimension == dimension) {
        counts.merge(decay.bin(row.popularity, row.timeMs), 1L, Long::sum);
      }
    }
    return counts;
  }

  /** The rows by bin that a census tells of one block. */
  static Map<Long, Long> bins(TableCensus census, int dimension) {
    var bins = new TreeMap<Long, Long>();
    for (BlockCensus block : census.getBlocksList()) {
      long bin = 0;
      for (int i = 0; i < block.getBinsCount() && block.getDimension() == dimension; i++) {
        bin += block.getBins(i);
        bins.put(bin, block.getBinRows(i));
      }
    }
    return bins;
  }
}
