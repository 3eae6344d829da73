package dev.varve.store;

import com.google.protobuf.ByteString;
import dev.varve.base.Check;
import dev.varve.layout.Layouts;
import dev.varve.layout.TableRule;
import dev.varve.learn.OptimizerKind;
import dev.varve.schema.Census;
import dev.varve.schema.Decision;
import dev.varve.schema.Explanation;
import dev.varve.schema.Layout;
import dev.varve.schema.ShardState;
import dev.varve.schema.TableUpdate;
import dev.varve.schema.UpdateBatch;
import dev.varve.table.ResidentRows;
import dev.varve.table.RowEncoding;
import dev.varve.table.RowFormat;
import dev.varve.table.RowMemory;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KeyValue;
import org.jspecify.annotations.Nullable;

/**
 * The rows of one shard and their counters, over a key-value store: applies update batches, writes
 * back what changed.
 *
 * <p><b>Threads:</b> one writer applies, writes back and closes; any thread reads through a {@link
 * ShardLookup} of its own, and asks for {@link #progress}, {@link #applied} and {@link #summary}.
 * None of them waits for the writer, and the writer for none but who is making a summary just now,
 * some microseconds. Readers see a row whole, as it was before or after a batch, and never a row of
 * another key; a read may see some rows before and some behind a batch that is being applied, and a
 * new row before its first step.
 *
 * <p><b>Determinism:</b> rows and counters are a function of the sequence of update batches and of
 * the {@linkplain #takeDecisions decisions} behind them, whenever they are written back and
 * whatever fits into memory. A layout, or another price, is followed when every row follows the
 * last one: that depends on how fast sweeps get on, so where it was is logged. One exception: when
 * a layout is taken back in the midst of its sweep, what that had admitted, let expire, or cut off
 * without keeping it aside, stays so.
 */
final class Shard implements AutoCloseable {
  /** Enough changed rows to write some back before the commit, which would take long otherwise. */
  private static final int MOST_DIRTY = 1 << 17;

  /** Rows that are put below at once. */
  private static final int PUT_BATCH = 512;

  /** Of what ends every commit. */
  static final byte[] STATE_KEY = {-1, -1, -1, -1};

  private final Below below;
  private final int shard;
  private final EmbeddingStore.Settings settings;
  private final RowEncoding encoding;
  private final ResidentRows rows;
  private final ShardLayout layout;
  private final CategorySketch unseen;
  private final Kept kept;
  private final RecentMoves recent = new RecentMoves();
  private final ShardTables tables;
  private final ShardTail tail;
  private final RowSteps steps;
  private final Sweep sweep;

  /** Sorted: its bytes below must not depend on where the shard was opened anew. */
  private final Map<Integer, Long> applied = new ConcurrentSkipListMap<>();

  /** Held while what a summary tells is changed or read; who asks for one only tries. */
  private final ReentrantLock counting = new ReentrantLock();

  private final List<KeyValue<Bytes, byte[]>> toPut = new ArrayList<>(PUT_BATCH);
  private boolean dirty;

  /** Batches and layouts that it has applied. */
  private long batches;

  /** Follows the one in force when all rows follow that; null for none. */
  private @Nullable Layout next;

  /** What was decided and not asked for yet. */
  private List<Decision> decisions = new ArrayList<>();

  /** Newest layout that every row followed at the last write-back, which the bins are of. */
  private long sweptBelow;

  private volatile ShardProgress progress = ShardProgress.NONE;

  /** Newest layout that readers see every row follow; behind the sweep by no more than a step. */
  private volatile long servedVersion;

  /** Newest layout that every row follows, below too. */
  private volatile long sweptVersion;

  private volatile ShardSummary summary;

  /** Whether the summary tells less than was applied. */
  private volatile boolean outdated;

  /** Whether somebody would have liked a newer summary. */
  private volatile boolean asked;

  Shard(int shard, Below below, EmbeddingStore.Settings settings) {
    this.shard = shard;
    this.below = below;
    this.settings = settings;
    this.encoding = settings.optimizer().encoding();
    this.layout = new ShardLayout(Layouts.first(settings.dimension()), settings.decay(), encoding);
    this.kept = new Kept(below, encoding, layout::oldestKeptMs);
    this.unseen = new CategorySketch(settings.decay(), settings.sketchBytes());
    this.rows = new ResidentRows(encoding, settings.dimension(), settings.cacheBytes());
    this.tables = new ShardTables(settings.dimension(), layout);
    var sharedSteps = new SharedSteps(rows, below, settings.optimizer(), this::writeBackRows);
    this.tail =
        new ShardTail(layout, tables, settings.optimizer(), sharedSteps, this::writeBackRows);
    var moves = new RowMoves(rows, settings.optimizer(), layout, recent, kept, sharedSteps);
    this.steps =
        new RowSteps(
            rows, below, settings, layout, unseen, moves, sharedSteps, this::writeBackRows);
    var memory =
        new MemorySweep(
            rows,
            below,
            layout,
            tables.all(),
            settings.dimension(),
            moves,
            steps.updates(),
            kept,
            this::writeBackRows);
    var stored =
        new StoredSweep(
            below, encoding, layout, tables.all(), memory, moves, steps.updates(), kept);
    this.sweep = new Sweep(layout, memory, stored);
    try {
      restore();
    } catch (RuntimeException e) {
      rows.close();
      throw e;
    }
    this.sweptBelow = layout.sweptVersion();
    this.servedVersion = sweptBelow;
    this.sweptVersion = sweptBelow;
    this.summary = summarize();
  }

  // -- readers

  /** The shard's number of a table; -1 when it has none of it. */
  int tableId(String table) {
    return tables.id(table);
  }

  /**
   * Newest layout that readers saw every row follow; one evicted since may be behind for a while.
   */
  long servedVersion() {
    return servedVersion;
  }

  /** Newest layout that every row follows, below too. */
  long sweptVersion() {
    return sweptVersion;
  }

  ResidentRows rows() {
    return rows;
  }

  EmbeddingStore.Settings settings() {
    return settings;
  }

  /** The rule that rows of a table follow, also of one that there is none of yet. */
  TableRule rule(String table) {
    return tables.rule(table);
  }

  Below below() {
    return below;
  }

  /** What serves categories without a row of their own; none for a moment while tails change. */
  SharedRows sharedRows() {
    return tail.rows();
  }

  ShardProgress progress() {
    return progress;
  }

  /**
   * The end offset of a trainer's newest update batch that the rows contain; 0 before the first.
   */
  long applied(int trainer) {
    return applied.getOrDefault(trainer, 0L);
  }

  /** The same of every trainer. */
  Map<Integer, Long> applied() {
    return Map.copyOf(applied);
  }

  /**
   * The summary behind the newest update batch. While the writer is at a batch it is an older one,
   * and the writer makes a newer one for the next question.
   */
  ShardSummary summary() {
    if (outdated) {
      asked = true;
      if (counting.tryLock()) {
        try {
          publishSummary();
        } finally {
          counting.unlock();
        }
      }
    }
    return summary;
  }

  /** Nobody asks for a summary as often as batches come, and it takes as long as one. */
  private void publishSummary() {
    if (outdated) {
      outdated = false;
      asked = false;
      summary = summarize();
    }
  }

  // -- the writer

  /**
   * Applies an update batch, takes note of a layout, or passes over a decision of its own.
   *
   * @throws RefusedBatchException when the batch is malformed; nothing is changed
   */
  void apply(UpdateBatch batch) {
    UpdateCheck.check(batch, settings.dimension(), tables.names());
    if (batch.hasDecision()) {
      return;
    }
    if (batch.hasLayout()) {
      batches++;
      dirty = true;
      receive(batch.getLayout());
      return;
    }
    makeRoom();
    counting.lock();
    try {
      if (tables.addNew(batch)) {
        tail.share();
      }
      steps.rate(batch.hasRate() ? batch.getRate() : 1);
      for (TableUpdate update : batch.getTablesList()) {
        steps.apply(tables.get(update.getTable()), update, batch.getEventTimeMs());
      }
      kept.flush();
      progress = progress.behind(batch, layout.version(), steps.refusedGradients());
      applied.merge(batch.getTrainer(), batch.getEndOffset(), Math::max);
      outdated = true;
      if (asked) {
        publishSummary();
      }
    } finally {
      counting.unlock();
    }
    batches++;
    dirty = true;
    if (rows.dirtyRows() >= MOST_DIRTY) {
      writeBackRows();
    }
  }

  /**
   * Follows a newer layout, or keeps it until all rows follow the one in force: updates do not wait
   * for that. One that takes the one in force back, in the midst of its sweep, is followed at once.
   */
  private void receive(Layout came) {
    if (came.getVersion() <= (next == null ? layout.version() : next.getVersion())) {
      return;
    }
    boolean takesBack = came.getRestores() > 0 && !layout.followsLayout();
    if (takesBack || layout.isSwept()) {
      next = null;
      follow(came);
    } else {
      next = came;
    }
  }

  private void follow(Layout came) {
    counting.lock();
    try {
      // What goes back to an earlier layout goes back to its thresholds.
      long quota = came.getRestores() > 0 ? 0 : came.getQuotasOrDefault(shard, 0);
      layout.follow(came, quota, count(), progress.watermarkMs());
      tables.follow();
      tail.follow(steps.updates());
      progress = progress.under(came.getVersion());
      outdated = true;
    } finally {
      counting.unlock();
    }
    decided(false);
    sweep.begin();
  }

  private void decided(boolean isSwept) {
    decisions.add(
        Decision.newBuilder()
            .setBehind(batches)
            .setLayoutVersion(layout.version())
            .setPrice(layout.price())
            .setRoom(layout.room())
            .setSwept(isSwept)
            .build());
    dirty = true;
  }

  /** What was decided since the last call: to be logged with what is written back. */
  List<Decision> takeDecisions() {
    List<Decision> taken = decisions;
    decisions = new ArrayList<>();
    return taken;
  }

  private RowCount count() {
    long asOfMs = layout.nextMs(progress.watermarkMs());
    return RowCount.of(tables.all(), rows, steps.updates(), settings.decay(), asOfMs);
  }

  /**
   * Raises the thresholds when touched rows want more room than there is, once all rows follow the
   * last ones.
   */
  private void makeRoom() {
    if (!layout.isSwept() || !layout.isShort(progress.watermarkMs())) {
      return;
    }
    counting.lock();
    try {
      layout.makeRoom(count(), progress.watermarkMs());
      tables.follow();
      outdated = true;
    } finally {
      counting.unlock();
    }
    decided(false);
    sweep.begin();
  }

  /**
   * Brings rows that nothing touches to the layout in force, and to one that came meanwhile.
   *
   * @param forNs how long it may take, nanoseconds
   * @return whether all follow it now
   */
  boolean sweep(long forNs) {
    if (layout.isSwept()) {
      return true;
    }
    long untilNs = System.nanoTime() + Math.min(forNs, Long.MAX_VALUE / 4);
    do {
      step(untilNs - System.nanoTime());
    } while (layout.isSwept() && followNext() && System.nanoTime() - untilNs < 0);
    return layout.isSwept();
  }

  private void step(long forNs) {
    counting.lock();
    try {
      var event = new SweepStep();
      event.begin(sweep.stage(), layout.moves());
      sweep.step(forNs);
      kept.flush();
      outdated = true;
      servedVersion = isServed() ? layout.version() : layout.sweptVersion();
      sweptVersion = layout.sweptVersion();
      if (layout.isSwept() && layout.settle(tables.named())) {
        decided(true);
      }
      event.end(shard, layout.version(), layout.moves());
    } finally {
      dirty = true;
      counting.unlock();
    }
  }

  private boolean followNext() {
    Layout came = next;
    next = null;
    if (came != null) {
      follow(came);
    }
    return came != null;
  }

  /** Whether touched rows wait for room that a sweep may make. */
  boolean isRoomAwaited() {
    return layout.isRoomAwaited();
  }

  /** Whether the sweep is at the rows in memory: that is soon done. */
  boolean isSweepInMemory() {
    return sweep.isInMemory();
  }

  /** Whether readers see all rows follow the layout in force. */
  boolean isServed() {
    return sweep.isServed();
  }

  /** Whether all rows follow the layout in force, below too. */
  boolean isSwept() {
    return layout.isSwept();
  }

  /** Newest layout that every row followed at the last write-back. */
  long sweptBelow() {
    return sweptBelow;
  }

  /** Gradients that were out of bounds: counted as occurrences, not learned from. */
  long refusedGradients() {
    return progress.refusedGradients();
  }

  /**
   * Puts every changed row and counter below. Rows may be put below before that too; a crash in
   * between loses them with the transaction that they belong to.
   */
  void writeBack() {
    if (!dirty) {
      return;
    }
    writeBackRows();
    tables.writeBack(this::put);
    unseen.writeBack(this::put);
    put(STATE_KEY, state().toByteArray());
    flush();
    sweptBelow = layout.sweptVersion();
    dirty = false;
  }

  private void writeBackRows() {
    rows.writeBack(this::putRow);
    flush();
  }

  private void putRow(int slot) {
    tables.get(rows.table(slot)).bins(rows.dimension(slot)).enter(steps.bin(slot));
    put(RowFormat.key(rows.table(slot), rows.category(slot)), RowFormat.encode(rows, slot));
  }

  private void put(byte[] key, byte @Nullable [] value) {
    toPut.add(KeyValue.pair(Bytes.wrap(key), value));
    if (toPut.size() == PUT_BATCH) {
      flush();
    }
  }

  private void flush() {
    if (!toPut.isEmpty()) {
      below.putAll(toPut);
      toPut.clear();
    }
  }

  /** Whether something changed since the last write-back. */
  boolean isDirty() {
    return dirty;
  }

  /** The bins as of the last write-back; rows and occurrences with what was counted since. */
  Census census() {
    ShardTable shared = tables.shared();
    var census =
        Census.newBuilder()
            .setShard(shard)
            .setWatermarkMs(progress.watermarkMs())
            .setLayoutVersion(progress.layoutVersion())
            .setExamples(progress.examples())
            .setSweptVersion(sweptBelow)
            .setSweptShare(sweep.share())
            .setGrown(layout.grown(tables.named()))
            .setHeld(layout.held())
            .setMoves(layout.moves())
            .setTraces(tables.traces())
            .setSketchBytes(unseen.bytes())
            .setRaised(layout.factor())
            .setTailRows(shared == null ? 0 : shared.entries());
    tables.named().forEach(table -> census.addTables(table.census()));
    return census.build();
  }

  private ShardSummary summarize() {
    var sizes = new TreeMap<String, TableSummary>();
    tables.named().forEach(table -> sizes.put(table.name(), table.summary(this::storedBytes)));
    RowMemory memory = rows.memory();
    return new ShardSummary(progress, Map.copyOf(applied), sizes, memory);
  }

  private int storedBytes(int dimension) {
    return RowFormat.KEY_BYTES + RowFormat.valueBytes(encoding, dimension);
  }

  private ShardState state() {
    var state =
        ShardState.newBuilder()
            .setExamples(progress.examples())
            .setWatermarkMs(progress.watermarkMs())
            .setLayoutVersion(progress.layoutVersion())
            .setHalfLifeMs(settings.decay().halfLifeMs())
            .putAllApplied(applied)
            .setDimension(settings.dimension())
            .setEncoding(encoding.code())
            .setSweptTo(ByteString.copyFrom(sweep.at()))
            .setBatches(batches);
    if (next != null) {
      state.setNextLayout(next);
    }
    layout.addTo(state);
    return state.build();
  }

  /** Frees the memory of the rows, changed or not, once no reader is in it. */
  @Override
  public void close() {
    counting.lock();
    try {
      // What is closed has no more memory to tell of.
      outdated = false;
      rows.close();
    } finally {
      counting.unlock();
    }
  }

  /** What is known of a category. Waits while a batch is applied, unlike other readers. */
  Explanation explain(String table, long category) {
    counting.lock();
    try {
      ShardTable of = tables.find(table);
      if (of == null) {
        return Explanation.newBuilder().setTable(table).setKind("unknown").build();
      }
      return new RowExplanation(rows, below, layout, unseen, recent, settings.decay())
          .of(of, category, progress.watermarkMs());
    } finally {
      counting.unlock();
    }
  }

  // -- start

  private void restore() {
    byte[] bytes = below.get(STATE_KEY);
    if (bytes == null) {
      return;
    }
    ShardState state = Messages.parse(ShardState.parser(), bytes, "shard state");
    checkStored(state);
    progress =
        new ShardProgress(state.getExamples(), state.getWatermarkMs(), state.getLayoutVersion(), 0);
    applied.putAll(state.getAppliedMap());
    batches = state.getBatches();
    next = state.hasNextLayout() ? state.getNextLayout() : null;
    layout.restore(state);
    below.scan(CategorySketch.FIRST_KEY, CategorySketch.LAST_KEY, unseen::restore);
    tables.restore(below);
    tail.share();
    boolean isOtherHalfLife = state.getHalfLifeMs() != settings.decay().halfLifeMs();
    if (isOtherHalfLife || tables.haveOlderBins()) {
      recount();
    }
    if (isOtherHalfLife) {
      layout.sweepAgain();
    }
    if (!layout.isSwept()) {
      sweep.resume(state.getSweptTo().toByteArray());
    }
  }

  private void checkStored(ShardState state) {
    Check.that(
        state.getDimension() == settings.dimension(),
        "model.dimension",
        settings.dimension(),
        "%d, the dimension of the rows that are stored".formatted(state.getDimension()));
    RowEncoding stored = RowEncoding.of((byte) state.getEncoding());
    Check.that(
        stored == encoding,
        "optimizer.kind",
        OptimizerKind.of(encoding).text(),
        "%s, which the rows that are stored were learned with"
            .formatted(OptimizerKind.of(stored).text()));
  }

  /** Every row has another grade: the half-life has changed, or how popularities are kept. */
  private void recount() {
    tables.all().forEach(ShardTable::clearBins);
    below.scan(
        RowFormat.key(0, 0),
        RowFormat.key(ResidentRows.MOST_TABLES - 1, -1L),
        (key, value) -> {
          int stored = RowFormat.check(value, encoding);
          long bin = steps.updates().bin(value);
          tables.get(RowFormat.table(key)).bins(stored).add(bin);
        });
    dirty = true;
  }
}
