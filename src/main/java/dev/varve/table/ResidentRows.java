package dev.varve.table;

import dev.varve.base.Check;
import dev.varve.kernel.Kernels;
import dev.varve.kernel.Memory;
import java.util.Arrays;
import java.util.Objects;
import java.util.function.IntConsumer;
import org.agrona.collections.IntArrayList;
import org.jspecify.annotations.Nullable;

/**
 * The rows of one shard that are in memory, off the heap: a slab for each dimension and one index.
 *
 * <p>The writer finds rows in chunks, steps them in place, moves them between slabs, and writes
 * back what changed; rows that are not dirty are evicted when the memory is needed. A row that is
 * not here is below, as it was when it was last here.
 *
 * <p>A row may be <em>ahead</em> of what is below: readers see it in another dimension already,
 * while the writer takes it for absent, and what is below for the truth, until it has written the
 * same there and {@linkplain #settle settles} it. A row that is ahead may be evicted as any other
 * that is not dirty: all that is lost is the head start.
 *
 * <p><b>Units:</b> a slot is the writer's name for a row: it is good until the next call of {@link
 * #reserve}, {@link #move}, {@link #remove} or {@link #close}. Popularity and event time are in
 * their packed form (40 bits each).
 *
 * <p><b>Threads:</b> one writer calls everything here but {@link #isClosed}; any number of threads
 * read through a {@link RowReader} of their own. Readers never wait for the writer, but for a row
 * that is being written at that moment; the writer never waits for readers, but to hand memory on
 * that they may hold: another index, a slab's last page, the slots of evicted rows when no other is
 * free.
 *
 * <p>Readers may assume, at any time:
 *
 * <ol>
 *   <li>What a reader copies is one state of one row, the row it asked for: never part of an older
 *       and part of a newer one, never another row's, never a free slot's.
 *   <li>A row that is here throughout a search is found, also while it moves to another slab or
 *       slot and while the index grows.
 *   <li>A row that is not found was not here at some moment of the search.
 * </ol>
 *
 * <table>
 * <caption>What readers see of the writer</caption>
 * <tr><th>what</th><th>written</th><th>read</th><th>a stale read costs</th></tr>
 * <tr><td>row content</td><td>between two stores of the row's sequence (opaque and fence, release)</td>
 *     <td>between two loads (acquire, fence)</td><td>nothing: read again</td></tr>
 * <tr><td>index entry</td><td>slot, then tag (release)</td><td>tag, then slot (acquire)</td>
 *     <td>a row just inserted is not found; a row just moved is read as it was</td></tr>
 * <tr><td>{@code index}</td><td>volatile</td><td>volatile, within the gate</td>
 *     <td>the old index, as it was when it was replaced; it is freed behind its readers</td></tr>
 * <tr><td>slot of a row that was taken away</td><td>after limbo</td><td>within the gate</td>
 *     <td>the row as it was when it was taken away</td></tr>
 * </table>
 */
public final class ResidentRows implements AutoCloseable {
  /** Most rows that are found at once: what is touched together stays in the nearest caches. */
  public static final int CHUNK = 512;

  /** The least that a shard needs. */
  public static final long LEAST_BYTES = 256 << 10;

  /** Where no row is. */
  public static final int ABSENT = -1;

  /** Tables, at most; a table's number is below. */
  public static final int MOST_TABLES = RowDescriptor.MOST_TABLES;

  private static final double GROWTH = 1.5;
  private static final double LEAST_GROWTH = 1.05;

  /** A sweep looks at this share of every slab's slots at a time. */
  private static final int SHARES = 256;

  private final RowEncoding encoding;
  private final long capacityBytes;
  private final int pageBytes;
  private final Slabs slabs;
  private final int[] liveRows;
  private final ReaderGate gate = new ReaderGate();
  private final Limbo limbo = new Limbo(gate);
  private final IntConsumer free = this::free;
  private final IntArrayList dirty = new IntArrayList();
  private final RowSearch search = new RowSearch();
  private final int[] searched = new int[CHUNK];
  private final long[] sought = new long[CHUNK];
  private volatile RowIndex index;
  private volatile boolean closed;
  private long evicted;
  private long relocated;
  private int ahead;

  /** Which share the sweep looks at next. */
  private int share;

  /**
   * @param capacityBytes for slabs and index together
   * @param widest dimension of the widest rows
   */
  public ResidentRows(RowEncoding encoding, int widest, long capacityBytes) {
    Check.that(
        capacityBytes >= LEAST_BYTES, "row memory", capacityBytes, "at least " + LEAST_BYTES);
    this.encoding = encoding;
    this.capacityBytes = capacityBytes;
    this.pageBytes = pageBytes(capacityBytes);
    this.slabs = new Slabs(encoding, widest, capacityBytes, pageBytes);
    this.liveRows = new int[slabs.count()];
    this.index = new RowIndex(RowIndex.linesFor(0));
  }

  /** Pages are the unit in which slabs take memory from each other: many, but not too small. */
  private static int pageBytes(long capacityBytes) {
    long bytes = Long.highestOneBit(capacityBytes / 64);
    return Math.clamp(bytes, Memory.PAGE_BYTES, Memory.HUGE_PAGE_BYTES);
  }

  public RowEncoding encoding() {
    return encoding;
  }

  // -- for readers

  ReaderGate gate() {
    return gate;
  }

  RowIndex index() {
    return index;
  }

  Slabs slabs() {
    return slabs;
  }

  boolean isClosed() {
    return closed;
  }

  /** Rows that can be reserved at a time: a chunk, or fewer where the memory is small. */
  public int chunk(int dimension) {
    return Math.clamp(capacityBytes / 8 / slabs.of(dimension).stride(), 1, CHUNK);
  }

  // -- finding

  /**
   * Finds rows, to update them.
   *
   * @param n at most {@link #CHUNK}
   * @param slots receives the rows' slots, or {@link #ABSENT}
   */
  public void find(int table, long[] keys, int from, int n, int[] slots) {
    if (searched[0] != table) {
      Arrays.fill(searched, table);
    }
    // What is searched for begins at 0 in both.
    System.arraycopy(keys, from, sought, 0, n);
    search.find(index, slabs, searched, sought, 0, n, slabs.lastOfState());
    search.slots(n, slots);
    for (int i = 0; i < n && ahead > 0; i++) {
      slots[i] = slots[i] >= 0 && isAhead(slots[i]) ? ABSENT : slots[i];
    }
  }

  /** The slot of one row, or {@link #ABSENT}. */
  public int find(int table, long category) {
    int slot = index.find(slabs, RowIndex.hash(table, category), table, category);
    if (slot < 0 || isAhead(slot)) {
      return ABSENT;
    }
    RowDescriptor.markRecent(slabs.row(slot));
    return slot;
  }

  // -- a row by its slot

  public int dimension(int slot) {
    return Slabs.dimensionOf(slot);
  }

  /** The dimension of the row in a slot, whoever's it is. */
  public static int dimensionOf(int slot) {
    return Slabs.dimensionOf(slot);
  }

  public int table(int slot) {
    return RowDescriptor.table(slabs.row(slot));
  }

  public long category(int slot) {
    return RowDescriptor.category(slabs.row(slot));
  }

  public long popularity(int slot) {
    return RowDescriptor.popularity(slabs.row(slot));
  }

  public long time(int slot) {
    return RowDescriptor.time(slabs.row(slot));
  }

  public boolean isDirty(int slot) {
    return RowDescriptor.isDirty(slabs.row(slot));
  }

  /** Copies the row's state. */
  public void load(int slot, float[] state, int at) {
    Kernels.KERNELS.load(
        RowDescriptor.state(slabs.row(slot)), state, at, encoding.rowFloats(dimension(slot)));
  }

  // -- for updates in place

  long row(int slot) {
    return slabs.row(slot);
  }

  /** The row is about to become dirty. */
  void addDirty(int slot) {
    dirty.addInt(slot);
  }

  /** Before a row is marked as being written: one that stays so would hold its readers for ever. */
  private void checkState(int dimension, float[] state, int at) {
    Objects.checkFromIndexSize(at, encoding.rowFloats(dimension), state.length);
  }

  // -- rows come and go

  /**
   * Makes room for rows, so that {@link #insert} and {@link #move} find a free slot: evicts what
   * was not used for long, and writes back first when all is dirty.
   *
   * @param writeBack calls {@link #writeBack}
   */
  public void reserve(int dimension, int rows, Runnable writeBack) {
    reserve(slabs.of(dimension), rows, rows, writeBack);
  }

  /**
   * Makes room for rows of several dimensions at once.
   *
   * @param rows by level of their dimension: 0, 1, 2, 3 for 0, 1, 2, 4 and so on; at most {@link
   *     #chunk} together
   * @return whether slots known before may be good no longer
   */
  public boolean reserve(int[] rows, Runnable writeBack) {
    int all = 0;
    for (int count : rows) {
      all += count;
    }
    for (int level = 0; level < slabs.count(); level++) {
      slabs.get(level).reserve(rows[level]);
    }
    boolean changed = false;
    for (int level = 0; level < slabs.count(); level++) {
      Slab slab = slabs.get(level);
      if (rows[level] > 0 && lacks(slab, rows[level], all)) {
        reserve(slab, rows[level], all, writeBack);
        changed = true;
      }
    }
    for (int level = 0; level < slabs.count(); level++) {
      slabs.get(level).reserve(0);
    }
    return changed;
  }

  private boolean lacks(Slab slab, int slots, int entries) {
    return slab.free() < slots || room() < entries;
  }

  /**
   * Makes room in one slab and in the index.
   *
   * @param entries of the index
   */
  private void reserve(Slab slab, int slots, int entries, Runnable writeBack) {
    while (lacks(slab, slots, entries)) {
      limbo.drain(free);
      if (!makeRoom(slab, slots, entries)) {
        if (dirty.isEmpty()) {
          throw new IllegalStateException(
              Check.message(
                  "row memory",
                  capacityBytes + " bytes",
                  "room for %d rows of dimension %d".formatted(slots, slab.dimension())));
        }
        writeBack.run();
      }
    }
  }

  /** One step towards room; false when nothing can be done. */
  private boolean makeRoom(Slab slab, int slots, int entries) {
    boolean lacksSlots = slab.free() < slots;
    boolean lacksIndex = room() < entries;
    int rows = Math.max(slots, entries);
    return !(lacksSlots || lacksIndex)
        || (lacksIndex && growIndex(entries))
        || (lacksSlots && (grow(slab) || takePage(slab)))
        || awaitReaders(rows)
        || evict(rows);
  }

  /** Evicting ever more would not help when so many are gone already, and held by a reader. */
  private boolean awaitReaders(int rows) {
    if (limbo.size() < rows) {
      return false;
    }
    limbo.empty(free);
    return true;
  }

  private void free(int slot) {
    slabs.get(Slabs.levelOf(slot)).put(Slabs.place(slot));
  }

  private int room() {
    return index.capacity() - index.size();
  }

  /** Bytes in use: slabs and index. */
  private long bytes() {
    return slabs.bytes() + index.bytes();
  }

  private boolean grow(Slab slab) {
    return bytes() + pageBytes <= capacityBytes && slab.grow();
  }

  private boolean growIndex(int rows) {
    int lines = index.lines();
    int wanted = Math.max((int) (lines * GROWTH), RowIndex.linesFor(index.size() + (long) rows));
    // Both exist for a moment, and both count.
    long room = capacityBytes - bytes() + slabs.spareBytes();
    int most = (int) Math.min(wanted, room / RowIndex.LINE_BYTES);
    if (most < (int) (lines * LEAST_GROWTH) + 1) {
      return false;
    }
    while (bytes() + (long) most * RowIndex.LINE_BYTES > capacityBytes) {
      clearSparePage(null);
    }
    replaceIndex(most);
    return true;
  }

  private void replaceIndex(int lines) {
    RowIndex old = index;
    RowIndex grown = new RowIndex(lines);
    for (int level = 0; level < slabs.count(); level++) {
      Slab slab = slabs.get(level);
      for (int place = 0; place < slab.end(); place++) {
        long row = slab.row(place);
        if (RowDescriptor.isLive(row)) {
          long hash = RowIndex.hash(RowDescriptor.table(row), RowDescriptor.category(row));
          grown.insert(hash, Slabs.slot(level, place));
        }
      }
    }
    index = grown;
    limbo.await(free);
    old.free();
  }

  private boolean takePage(Slab to) {
    return clearSparePage(to) && grow(to);
  }

  /** Gives back a page of another slab than this; false when none can spare one. */
  private boolean clearSparePage(@Nullable Slab but) {
    for (int level = 0; level < slabs.count(); level++) {
      Slab slab = slabs.get(level);
      if (slab != but && slab.spareBytes() > 0) {
        clearLastPage(level, slab);
        return true;
      }
    }
    return false;
  }

  private void clearLastPage(int level, Slab slab) {
    limbo.empty(free);
    slab.unlinkLastPage();
    for (int place = slab.firstOfLastPage(); place < slab.end(); place++) {
      if (RowDescriptor.isLive(slab.row(place))) {
        relocate(level, slab, place);
      }
    }
    limbo.await(free);
    slab.cutLastPage();
  }

  private void relocate(int level, Slab slab, int place) {
    long from = slab.row(place);
    int target = slab.take();
    long to = slab.row(target);
    int slot = Slabs.slot(level, target);
    int flags = RowDescriptor.flags(from);
    RowDescriptor.beginWrite(to);
    RowDescriptor.copyContent(from, to, slab.stride());
    RowDescriptor.endWrite(to, flags);
    if (RowDescriptor.isDirty(to)) {
      dirty.addInt(slot);
    }
    long hash = RowIndex.hash(RowDescriptor.table(from), RowDescriptor.category(from));
    index.replace(hash, Slabs.slot(level, place), slot);
    RowDescriptor.setDead(from);
    relocated++;
  }

  /**
   * Sweeps all slabs, each by the same share of its slots, until so many rows were evicted; false
   * when not one could be.
   */
  private boolean evict(int rows) {
    long before = evicted;
    // Twice around: the second time also what readers have used since the first.
    for (int n = 0; n < 2 * SHARES && evicted - before < rows; n++) {
      for (int level = 0; level < slabs.count(); level++) {
        Slab slab = slabs.get(level);
        for (int steps = stepsOfShare(slab.end()); steps > 0; steps--) {
          sweep(level, slab, n >= SHARES);
        }
      }
      share = (share + 1) % SHARES;
    }
    return evicted > before;
  }

  /** Over all shares, as many steps as there are slots. */
  private int stepsOfShare(long slots) {
    return (int) (slots * (share + 1) / SHARES - slots * share / SHARES);
  }

  private void sweep(int level, Slab slab, boolean recentToo) {
    int place = slab.sweep();
    long row = slab.row(place);
    int flags = RowDescriptor.sequence(row) & (RowDescriptor.LIVE | RowDescriptor.DIRTY);
    if (flags == RowDescriptor.LIVE && (!RowDescriptor.takeRecent(row) || recentToo)) {
      remove(Slabs.slot(level, place));
      evicted++;
    }
  }

  /**
   * Adds a row that is not here, or in the place of one that is ahead. {@link #reserve} has made
   * room for it.
   *
   * @param state the floats of its encoding, from {@code at} on
   * @param isDirty whether it has to be written back; not when it was read from below just now
   * @return its slot
   */
  public int insert(
      int table,
      long category,
      int dimension,
      long popularity,
      long time,
      float[] state,
      int at,
      boolean isDirty) {
    if (room() == 0) {
      throw new IllegalStateException(
          Check.message("rows", size(), "room for one more; reserve it before"));
    }
    int flags = RowDescriptor.LIVE | (isDirty ? RowDescriptor.DIRTY : 0);
    int slot = write(table, category, dimension, popularity, time, state, at, flags);
    long hash = RowIndex.hash(table, category);
    int before = ahead == 0 ? ABSENT : index.find(slabs, hash, table, category);
    if (before >= 0) {
      index.replace(hash, before, slot);
      retire(before);
    } else {
      index.insert(hash, slot);
    }
    return slot;
  }

  private int write(
      int table,
      long category,
      int dimension,
      long popularity,
      long time,
      float[] state,
      int at,
      int flags) {
    checkState(dimension, state, at);
    int level = Slabs.level(dimension);
    int slot = Slabs.slot(level, slabs.of(dimension).take());
    long row = slabs.row(slot);
    RowDescriptor.beginWrite(row);
    RowDescriptor.setKey(row, table, category);
    RowDescriptor.setPopularity(row, popularity, time);
    Kernels.KERNELS.store(state, at, RowDescriptor.state(row), encoding.rowFloats(dimension));
    RowDescriptor.endWrite(row, flags);
    if (RowDescriptor.isDirty(row)) {
      dirty.addInt(slot);
    }
    liveRows[level]++;
    return slot;
  }

  /**
   * Moves a row to another dimension, with another state; it is dirty then. Readers see the one or
   * the other. {@link #reserve} has made room for it.
   *
   * @return its new slot
   */
  public int move(int slot, int dimension, float[] state, int at) {
    return move(slot, dimension, state, at, RowDescriptor.LIVE | RowDescriptor.DIRTY);
  }

  /**
   * The same for readers only: the row is ahead of what is below then. It must be clean.
   *
   * @return its new slot
   */
  public int moveAhead(int slot, int dimension, float[] state, int at) {
    int moved = move(slot, dimension, state, at, RowDescriptor.LIVE | RowDescriptor.AHEAD);
    ahead++;
    return moved;
  }

  private int move(int slot, int dimension, float[] state, int at, int flags) {
    long row = slabs.row(slot);
    int table = RowDescriptor.table(row);
    long category = RowDescriptor.category(row);
    int moved =
        write(
            table,
            category,
            dimension,
            RowDescriptor.popularity(row),
            RowDescriptor.time(row),
            state,
            at,
            flags);
    index.replace(RowIndex.hash(table, category), slot, moved);
    retire(slot);
    return moved;
  }

  /** Takes a row away, changed or not. */
  public void remove(int slot) {
    long row = slabs.row(slot);
    index.remove(RowIndex.hash(RowDescriptor.table(row), RowDescriptor.category(row)), slot);
    retire(slot);
  }

  private void retire(int slot) {
    long row = slabs.row(slot);
    ahead -= RowDescriptor.isAhead(row) ? 1 : 0;
    RowDescriptor.setDead(row);
    liveRows[Slabs.levelOf(slot)]--;
    limbo.retire(slot);
  }

  // -- rows that are ahead

  /** Rows that are ahead of what is below. */
  public int aheadRows() {
    return ahead;
  }

  public boolean isAhead(int slot) {
    return RowDescriptor.isAhead(slabs.row(slot));
  }

  /** The same is below now: the row is one like others. */
  public void settle(int slot) {
    RowDescriptor.setSettled(slabs.row(slot));
    ahead--;
  }

  /** Takes a row away if it is ahead. */
  public void removeAhead(int table, long category) {
    int slot =
        ahead == 0 ? ABSENT : index.find(slabs, RowIndex.hash(table, category), table, category);
    if (slot >= 0 && isAhead(slot)) {
      remove(slot);
    }
  }

  // -- seeing all

  /**
   * Hands over the slots of rows, in no order that means anything. Rows that come meanwhile may be
   * left out, and those that {@link #relocations} counts. Rows that are ahead are among them.
   *
   * @param position where to begin: 0, or what the last call gave
   * @param most slots to look at
   * @param visitor may not change the rows
   * @return where to go on; negative when all have been seen
   */
  public long visit(long position, int most, IntConsumer visitor) {
    int level = (int) (position >>> Integer.SIZE);
    int place = (int) position;
    for (int looked = 0; looked < most; looked++) {
      while (place >= slabs.get(level).end()) {
        place = 0;
        if (++level == slabs.count()) {
          return -1;
        }
      }
      if (RowDescriptor.isLive(slabs.get(level).row(place))) {
        visitor.accept(Slabs.slot(level, place));
      }
      place++;
    }
    return ((long) level << Integer.SIZE) | place;
  }

  /** Rows that have changed their slot since the beginning, dimension and all else unchanged. */
  public long relocations() {
    return relocated;
  }

  // -- writing back

  /** Rows that changed since they were last written back; a few may be counted twice. */
  public int dirtyRows() {
    return dirty.size();
  }

  /** Hands over the slots of all rows that changed, and counts them as written back. */
  public void writeBack(IntConsumer below) {
    for (int i = 0; i < dirty.size(); i++) {
      int slot = dirty.getInt(i);
      long row = slabs.row(slot);
      // Not so when the row has moved or gone since; its slot may have another by now.
      if (RowDescriptor.isDirty(row)) {
        below.accept(slot);
        RowDescriptor.setClean(row);
      }
    }
    dirty.clear();
  }

  /** Visits the slots of all rows that changed since they were last written back, each once. */
  public void forEachDirty(IntConsumer visitor) {
    // A slot is there twice when its row has moved or gone and another came.
    int[] slots = dirty.toIntArray();
    Arrays.sort(slots);
    for (int i = 0; i < slots.length; i++) {
      if ((i == 0 || slots[i] != slots[i - 1]) && RowDescriptor.isDirty(slabs.row(slots[i]))) {
        visitor.accept(slots[i]);
      }
    }
  }

  // -- what is in use

  /** Rows in memory. */
  public int size() {
    return index.size();
  }

  /** The share of the index's entries that rows have. */
  public double indexLoad() {
    return (double) index.size() / ((long) index.lines() * RowIndex.ENTRIES);
  }

  /** Rows that were evicted since the beginning. */
  public long evictions() {
    return evicted;
  }

  /** What the rows take. */
  public RowMemory memory() {
    return RowMemory.of(slabs, liveRows, index.bytes(), capacityBytes);
  }

  /** Frees the memory once every reader has left; readers that come later are refused. */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    limbo.await(_ -> {});
    index.free();
    slabs.freeMemory();
  }
}
