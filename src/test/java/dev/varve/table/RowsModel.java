package dev.varve.table;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.table.RowMemory.BlockMemory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.random.RandomGenerator;

/**
 * What {@link ResidentRows} ought to hold: which rows there are, what was written back of them, and
 * which have changed since. Makes the writer's calls as a shard does and compares after each.
 */
final class RowsModel {
  private static final int TABLES = 3;

  /** What a row is. */
  @SuppressWarnings("ArrayRecordComponent") // compared by isSame
  private record Content(int dimension, long popularity, long time, float[] state) {
    boolean isSame(Content other) {
      return dimension == other.dimension
          && popularity == other.popularity
          && time == other.time
          && Arrays.equals(bits(state), bits(other.state));
    }

    private static int[] bits(float[] floats) {
      int[] bits = new int[floats.length];
      for (int i = 0; i < bits.length; i++) {
        bits[i] = Float.floatToRawIntBits(floats[i]);
      }
      return bits;
    }
  }

  private final ResidentRows rows;
  private final Rewrites rewrites;
  private final int widest;
  private final long capacityBytes;
  private final RandomGenerator random;
  private final Map<RowKey, Content> all = new HashMap<>();
  private final Map<RowKey, Content> below = new HashMap<>();
  private final Set<RowKey> resident = new HashSet<>();
  private final Set<RowKey> dirty = new HashSet<>();

  /** What readers see of rows that are ahead of what is below. */
  private final Map<RowKey, Content> ahead = new HashMap<>();

  private long evictions;
  private long[] blockBytes = new long[9];
  private int pagesGiven;
  private int categories;

  /** Rows become narrower and wider in turns, so that pages change hands. */
  private int level;

  RowsModel(ResidentRows rows, int widest, long capacityBytes, RandomGenerator random) {
    this.rows = rows;
    this.rewrites = new Rewrites(rows);
    this.widest = widest;
    this.capacityBytes = capacityBytes;
    this.random = random;
  }

  /** One step with so many rows. */
  void operate(int n) {
    if (random.nextInt(20) == 0) {
      level = random.nextInt(8);
    }
    switch (random.nextInt(13)) {
      case 0, 1, 2, 3 -> insert(n);
      case 4, 5 -> fetch(n / 8 + 1);
      case 6 -> store(n);
      case 7 -> move(n / 8 + 1);
      case 8 -> remove(n / 4 + 1);
      case 9, 10 -> moveAhead(n / 8 + 1);
      case 11 -> settle(n / 8 + 1);
      default -> writeBack();
    }
  }

  // -- the writer's calls

  private void insert(int n) {
    int dimension = dimension();
    int most = reserve(dimension, n);
    for (int i = 0; i < most; i++) {
      var key = new RowKey(random.nextInt(TABLES), category());
      if (!all.containsKey(key)) {
        Content content = content(dimension);
        add(key, content, true);
        all.put(key, content);
        dirty.add(key);
      }
    }
  }

  /** Rows that are below only come back as they were written back. */
  private void fetch(int n) {
    List<RowKey> away = some(below.keySet(), n);
    away.removeAll(resident);
    // Those that are ahead too: what is below takes their place.
    for (RowKey key : away) {
      Content content = below.get(key);
      if (content != null && reserve(content.dimension, 1) > 0) {
        add(key, content, false);
      }
    }
  }

  private void add(RowKey key, Content content, boolean isDirty) {
    float[] state = new float[content.state.length + 2];
    System.arraycopy(content.state, 0, state, 2, content.state.length);
    int slot =
        rows.insert(
            key.table(),
            key.category(),
            content.dimension,
            content.popularity,
            content.time,
            state,
            2,
            isDirty);
    assertThat(rows.isDirty(slot)).isEqualTo(isDirty);
    resident.add(key);
    ahead.remove(key);
  }

  private void store(int n) {
    for (RowKey key : some(resident, n)) {
      Content content = content(Objects.requireNonNull(all.get(key)).dimension);
      int slot = rows.find(key.table(), key.category());
      Content old = Objects.requireNonNull(all.get(key));
      int occurrences = 1 + random.nextInt(9);
      rewrites.rewrite(slot, occurrences, content.time, content.state);
      long popularity =
          PackedPopularity.added(
              Rewrites.DECAY, old.popularity, old.time, occurrences, content.time);
      long time = Math.max(old.time, content.time);
      all.put(key, new Content(content.dimension, popularity, time, content.state));
      dirty.add(key);
    }
  }

  private void move(int n) {
    for (RowKey key : some(resident, n)) {
      int dimension = dimension();
      if (reserve(dimension, 1) == 0 || !resident.contains(key)) {
        continue;
      }
      Content old = Objects.requireNonNull(all.get(key));
      var moved = new Content(dimension, old.popularity, old.time, content(dimension).state);
      int from = rows.find(key.table(), key.category());
      int slot = rows.move(from, dimension, moved.state, 0);
      assertThat(slot).isNotEqualTo(from);
      all.put(key, moved);
      dirty.add(key);
    }
  }

  /** To readers only. */
  private void moveAhead(int n) {
    for (RowKey key : some(resident, n)) {
      int dimension = dimension();
      if (dirty.contains(key) || reserve(dimension, 1) == 0 || !resident.contains(key)) {
        continue;
      }
      Content old = Objects.requireNonNull(all.get(key));
      var moved = new Content(dimension, old.popularity, old.time, content(dimension).state);
      int slot = rows.moveAhead(rows.find(key.table(), key.category()), dimension, moved.state, 0);
      assertThat(rows.isAhead(slot)).isTrue();
      resident.remove(key);
      ahead.put(key, moved);
    }
  }

  /** The same is below now, or the head start is given up. */
  private void settle(int n) {
    for (RowKey key : some(ahead.keySet(), n)) {
      if (random.nextInt(4) == 0) {
        rows.removeAhead(key.table(), key.category());
      } else {
        Content content = Objects.requireNonNull(ahead.get(key));
        rows.settle(find(key));
        below.put(key, content);
        all.put(key, content);
        resident.add(key);
      }
      ahead.remove(key);
    }
  }

  private void remove(int n) {
    for (RowKey key : some(resident, n)) {
      rows.remove(rows.find(key.table(), key.category()));
      resident.remove(key);
      dirty.remove(key);
      all.remove(key);
      below.remove(key);
    }
  }

  /** Every row that changed is handed over once, as it is now. */
  void writeBack() {
    assertThat(rows.dirtyRows()).isGreaterThanOrEqualTo(dirty.size());
    Set<RowKey> handed = new HashSet<>();
    rows.writeBack(
        slot -> {
          var key = new RowKey(rows.table(slot), rows.category(slot));
          assertThat(handed.add(key)).as("%s is handed over once", key).isTrue();
          assertThat(rows.isDirty(slot)).isTrue();
          assertThat(read(slot).isSame(Objects.requireNonNull(all.get(key))))
              .as("content of %s", key)
              .isTrue();
          below.put(key, all.get(key));
        });
    assertThat(handed).isEqualTo(dirty);
    dirty.clear();
  }

  /** Makes room for fewer rows where so many do not fit; the number there is room for. */
  private int reserve(int dimension, int n) {
    long rowBytes = RowDescriptor.stride(rows.encoding(), dimension);
    int most = (int) Math.min(n, capacityBytes / 3 / rowBytes);
    rows.reserve(
        dimension,
        most,
        () -> {
          checkMemory();
          forgetEvicted();
          writeBack();
        });
    forgetEvicted();
    return most;
  }

  private void forgetEvicted() {
    if (rows.evictions() > evictions) {
      long before = resident.size() + ahead.size() + evictions;
      resident.removeIf(key -> find(key) == ResidentRows.ABSENT);
      ahead.keySet().removeIf(key -> find(key) == ResidentRows.ABSENT);
      assertThat(resident).as("what changed is here").containsAll(dirty);
      evictions = rows.evictions();
      assertThat(resident.size() + ahead.size() + evictions).isEqualTo(before);
    }
  }

  // -- comparing

  void check() {
    checkMemory();
    assertThat(rows.size()).isEqualTo(resident.size() + ahead.size());
    assertThat(rows.aheadRows()).isEqualTo(ahead.size());
    Set<Integer> slots = new HashSet<>();
    int[] perLevel = new int[9];
    List<String> wrong = new ArrayList<>();
    all.forEach(
        (key, content) -> {
          int slot = find(key);
          if (slot >= 0) {
            perLevel[Slabs.levelOf(slot)]++;
          }
          if (!isRight(key, content, slot) || (slot >= 0 && !slots.add(slot))) {
            wrong.add("%s in slot %d".formatted(key, slot));
          }
        });
    assertThat(wrong).isEmpty();
    for (BlockMemory block : rows.memory().blocks()) {
      assertThat(block.rows()).isEqualTo(perLevel[Slabs.level(block.dimension())]);
      assertThat(block.bytes()).isGreaterThanOrEqualTo(block.rows() * block.rowBytes());
    }
    assertThat(rows.memory().rows()).isEqualTo(resident.size() + ahead.size());
    countPages();
  }

  /** How often a slab was seen with fewer pages than before. */
  int pagesGiven() {
    return pagesGiven;
  }

  private void countPages() {
    long[] now = new long[9];
    for (BlockMemory block : rows.memory().blocks()) {
      now[Slabs.level(block.dimension())] = block.bytes();
    }
    for (int i = 0; i < now.length; i++) {
      pagesGiven += now[i] < blockBytes[i] ? 1 : 0;
    }
    blockBytes = now;
  }

  /** A row is in memory as it was written last, or it is not, and is so below. */
  @SuppressWarnings("ReferenceEquality") // the very content that was put there
  private boolean isRight(RowKey key, Content content, int slot) {
    if (slot < 0) {
      return !resident.contains(key) && below.get(key) == content;
    }
    boolean isAhead = ahead.containsKey(key);
    boolean isHidden = isAhead && rows.find(key.table(), key.category()) == ResidentRows.ABSENT;
    return resident.contains(key) != isAhead
        && isHidden == isAhead
        && rows.isAhead(slot) == isAhead
        && rows.table(slot) == key.table()
        && rows.category(slot) == key.category()
        && rows.isDirty(slot) == dirty.contains(key)
        && read(slot).isSame(ahead.getOrDefault(key, content));
  }

  private void checkMemory() {
    assertThat(rows.memory().bytes()).isLessThanOrEqualTo(capacityBytes);
  }

  /** Looks without using: what is looked for must not outlive the others for it. */
  private int find(RowKey key) {
    long hash = RowIndex.hash(key.table(), key.category());
    return rows.index().find(rows.slabs(), hash, key.table(), key.category());
  }

  private Content read(int slot) {
    int dimension = rows.dimension(slot);
    float[] state = new float[rows.encoding().stateLength(dimension)];
    rows.load(slot, state, 0);
    return new Content(dimension, rows.popularity(slot), rows.time(slot), state);
  }

  // -- random things

  private int dimension() {
    return Math.min(widest, 1 << (random.nextInt(3) == 0 ? random.nextInt(8) : level));
  }

  /** Mostly new ones; sometimes one that there is, in this table or in another. */
  private long category() {
    return random.nextInt(4) == 0 ? 31L * random.nextInt(categories + 1) : 31L * ++categories;
  }

  private Content content(int dimension) {
    float[] state = new float[rows.encoding().stateLength(dimension)];
    for (int i = 0; i < state.length; i++) {
      state[i] = Float.intBitsToFloat(random.nextInt());
    }
    return new Content(dimension, random.nextLong() >>> 24, random.nextLong() >>> 24, state);
  }

  private List<RowKey> some(Set<RowKey> keys, int n) {
    List<RowKey> some = new ArrayList<>();
    int at = 0;
    int step = keys.size() / n + 1;
    int first = random.nextInt(step);
    for (RowKey key : keys) {
      if (at++ % step == first) {
        some.add(key);
      }
    }
    return some;
  }
}
