package dev.varve.table;

import static dev.varve.testing.Cases.forAll;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.varve.kernel.Memory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The index against a map, with hashes that collide in all the ways they can. */
class RowIndexTest {
  private static final int TABLE = 3;

  private final Slabs slabs =
      new Slabs(RowEncoding.FLOAT32_PLAIN, 1, ResidentRows.LEAST_BYTES, Memory.PAGE_BYTES);
  private final Slab slab = slabs.of(1);

  @AfterEach
  void freeMemory() {
    slabs.freeMemory();
  }

  @Test
  void anIndexIsAMapUnderAnyInsertionsReplacementsAndRemovals() {
    forAll(
        80,
        random -> {
          var index = new RowIndex(random.nextInt(1, 6));
          try {
            var model = new Model(index, random.nextInt(1, 4));
            for (int i = 0; i < 400; i++) {
              model.operate(random);
            }
            model.clear();
            assertThatNothingIsLeft(index);
          } finally {
            index.free();
          }
        });
  }

  @Test
  void anIndexHoldsTenRowsALineWhateverLineTheyName() {
    int lines = 3;
    var index = new RowIndex(lines);
    List<Long> hashes = new ArrayList<>();
    List<Integer> slots = new ArrayList<>();
    for (int i = 0; i < lines * RowIndex.ENTRIES; i++) {
      long hash = Keys.hash(lines, lines - 1, 7, i);
      hashes.add(hash);
      slots.add(slot(hash));
      index.insert(hash, slots.get(i));
    }
    for (int i = 0; i < hashes.size(); i++) {
      assertThat(find(index, hashes.get(i))).isEqualTo(slots.get(i));
    }
    assertThat(find(index, Keys.hash(lines, lines - 1, 7, 9_999))).isEqualTo(-1);
    for (int i = 0; i < hashes.size(); i++) {
      index.remove(hashes.get(i), slots.get(i));
    }
    assertThatNothingIsLeft(index);
    index.free();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15})
  void aSearchReachesAllLinesAtAnyDistance(int distance) {
    var index = new RowIndex(46);
    assertThat(index.lines()).isEqualTo(45);
    List<Long> hashes = new ArrayList<>();
    for (int i = 0; i < index.lines() * RowIndex.ENTRIES; i++) {
      long hash = Keys.hash(index.lines(), 30, 1 + i, distance + 16 * i);
      hashes.add(hash);
      index.insert(hash, slot(hash));
    }
    assertThat(hashes).allMatch(hash -> find(index, hash) >= 0);
    index.free();
  }

  @Test
  void rowsThatLeaveAFullLineAreNotAllInTheNext() {
    var index = new RowIndex(1_001);
    Set<Long> lines = new HashSet<>();
    for (int i = 0; i < 16; i++) {
      long hash = Keys.hash(index.lines(), 500, 7, i);
      lines.add((index.next(index.line(hash), hash) - index.line(0)) / RowIndex.LINE_BYTES);
    }
    assertThat(lines).contains(501L, 502L, 504L, 508L).hasSizeGreaterThan(9);
    index.free();
  }

  @Test
  void aRowBehindAFullLineIsFoundAgainAfterTheLineWasEmptied() {
    var index = new RowIndex(3);
    List<Long> hashes = new ArrayList<>();
    List<Integer> slots = new ArrayList<>();
    for (int i = 0; i <= RowIndex.ENTRIES; i++) {
      hashes.add(Keys.hash(3, 1, 1 + i, i));
      slots.add(slot(hashes.get(i)));
      index.insert(hashes.get(i), slots.get(i));
    }
    for (int i = 0; i < RowIndex.ENTRIES; i++) {
      index.remove(hashes.get(i), slots.get(i));
    }

    assertThat(find(index, hashes.getLast())).isEqualTo(slots.getLast());
    assertThat(RowIndex.isPassed(index.line(hashes.getLast()))).isTrue();
    index.free();
  }

  @Test
  void aCandidateIsTheFirstWithTheTagInTheLineOfTheHash() {
    var index = new RowIndex(17);
    long first = Keys.hash(17, 5, 77, 1);
    long second = Keys.hash(17, 5, 77, 2);
    slot(0); // so that the others are not 0
    int slot = slot(first);
    index.insert(first, slot);
    index.insert(second, slot(second));

    assertThat(RowIndex.candidate(index.line(second), second)).isEqualTo(slot);
    long otherTag = Keys.hash(17, 5, 78, 1);
    assertThat(RowIndex.candidate(index.line(otherTag), otherTag)).isEqualTo(-1);
    long otherLine = Keys.hash(17, 6, 77, 1);
    assertThat(RowIndex.candidate(index.line(otherLine), otherLine)).isEqualTo(-1);
    index.free();
  }

  @Test
  void rowsOfTwoTablesWithTheSameCategoryAreTwoRows() {
    var index = new RowIndex(17);
    long category = 12;
    int[] slots = new int[50];
    for (int table = 0; table < slots.length; table++) {
      slots[table] = slab.free() == 0 && !slab.grow() ? -1 : Slabs.slot(1, slab.take());
      RowDescriptor.setKey(slabs.row(slots[table]), table, category);
      index.insert(RowIndex.hash(table, category), slots[table]);
    }
    for (int table = 0; table < slots.length; table++) {
      long hash = RowIndex.hash(table, category);
      assertThat(index.find(slabs, hash, table, category)).isEqualTo(slots[table]);
    }
    index.free();
  }

  @Test
  void aTagIsNeverThatOfAnEmptyEntry() {
    assertThat(RowIndex.tag(0)).isEqualTo(1);
    assertThat(RowIndex.tag(0xABCD_0000L)).isEqualTo(1);
    assertThat(RowIndex.tag(0xFFFFL)).isEqualTo(0xFFFF);
  }

  @Test
  void hashesOfCategoriesInSequenceNameAllLinesAboutEqually() {
    int lines = 65;
    int[] named = new int[lines];
    var index = new RowIndex(lines);
    long first = index.line(0);
    for (long category = 0; category < 64_000; category++) {
      named[(int) (index.line(RowIndex.hash(0, category)) - first) / RowIndex.LINE_BYTES]++;
    }
    assertThat(Arrays.stream(named)).allMatch(n -> n > 700 && n < 1_300);
    index.free();
  }

  @Test
  void aRowThatIsNotHereCannotBeRemoved() {
    var index = new RowIndex(17);
    long hash = Keys.hash(17, 2, 9, 0);
    index.insert(hash, slot(hash));

    assertThatIllegalStateException().isThrownBy(() -> index.remove(hash, 4_000));
    assertThat(index.size()).isEqualTo(1);
    index.free();
  }

  /** A new slot, with the key of this hash in it. */
  private int slot(long hash) {
    if (slab.free() == 0) {
      slab.grow();
    }
    int slot = Slabs.slot(1, slab.take());
    RowDescriptor.setKey(slabs.row(slot), TABLE, Keys.withHash(TABLE, hash));
    return slot;
  }

  private int find(RowIndex index, long hash) {
    return index.find(slabs, hash, TABLE, Keys.withHash(TABLE, hash));
  }

  /** Tags and counts of passed entries are 0 again; slots may be what they were. */
  private static void assertThatNothingIsLeft(RowIndex index) {
    assertThat(index.size()).isZero();
    for (long at = index.line(0), n = index.lines(); n > 0; n--, at += RowIndex.LINE_BYTES) {
      for (int tag = 0; tag < Short.BYTES * RowIndex.ENTRIES; tag += Short.BYTES) {
        assertThat(Memory.getShort(at + tag)).as("tag").isZero();
      }
      assertThat(RowIndex.isPassed(at)).as("passed").isFalse();
    }
  }

  /** What the index ought to hold. */
  private final class Model {
    private final RowIndex index;
    private final int tags;
    private final Map<Long, Integer> slots = new HashMap<>();
    private final Set<Long> gone = new HashSet<>();

    Model(RowIndex index, int tags) {
      this.index = index;
      this.tags = tags;
    }

    void operate(RandomGenerator random) {
      long hash = hash(random);
      Integer slot = slots.get(hash);
      if (slot == null && slots.size() < index.lines() * RowIndex.ENTRIES) {
        put(hash, RowIndexTest.this.slot(hash));
        index.insert(hash, at(hash));
      } else if (slot != null && random.nextInt(3) == 0) {
        put(hash, RowIndexTest.this.slot(hash));
        index.replace(hash, slot, at(hash));
        slab.put(Slabs.place(slot));
      } else if (slot != null) {
        remove(hash);
      }
      check();
    }

    /** Mostly the last line, so that entries go round to the first. */
    private long hash(RandomGenerator random) {
      int line = random.nextInt(4) == 0 ? random.nextInt(index.lines()) : index.lines() - 1;
      return Keys.hash(index.lines(), line, 1 + random.nextInt(tags), random.nextInt(30));
    }

    private void put(long hash, int slot) {
      slots.put(hash, slot);
      gone.remove(hash);
    }

    private int at(long hash) {
      return slots.getOrDefault(hash, -1);
    }

    private void remove(long hash) {
      int slot = at(hash);
      index.remove(hash, slot);
      slots.remove(hash);
      slab.put(Slabs.place(slot));
      gone.add(hash);
    }

    private void check() {
      assertThat(index.size()).isEqualTo(slots.size());
      slots.forEach((hash, slot) -> assertThat(find(index, hash)).isEqualTo(slot));
      gone.forEach(hash -> assertThat(find(index, hash)).isEqualTo(-1));
    }

    void clear() {
      for (long hash : List.copyOf(slots.keySet())) {
        remove(hash);
        check();
      }
    }
  }
}
