package dev.varve.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.varve.table.RowMemory.BlockMemory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ResidentRowsTest {
  private static final long KIB = 1 << 10;
  private static final RowEncoding ENCODING = RowEncoding.FLOAT32_ADAGRAD;
  private static final float[] STATE = new float[ENCODING.stateLength(128)];

  private ResidentRows rows = new ResidentRows(ENCODING, 128, 256 * KIB);

  @AfterEach
  void close() {
    rows.close();
  }

  private void have(long capacityBytes) {
    rows.close();
    rows = new ResidentRows(ENCODING, 128, capacityBytes);
  }

  /** Adds a row of table 0, making room for it. */
  private int add(long category, int dimension, boolean isDirty) {
    rows.reserve(dimension, 1, () -> rows.writeBack(_ -> {}));
    return rows.insert(0, category, dimension, 0, 0, STATE, 0, isDirty);
  }

  private List<Long> writtenBack() {
    List<Long> categories = new ArrayList<>();
    rows.writeBack(slot -> categories.add(rows.category(slot)));
    return categories;
  }

  private BlockMemory block(int dimension) {
    return rows.memory().blocks().stream()
        .filter(block -> block.dimension() == dimension)
        .findAny()
        .orElse(new BlockMemory(dimension, 0, 0, 0));
  }

  /** How many of the categories [from, to) of table 0 are in memory; counts as no use. */
  private long present(long from, long to) {
    long[] keys = LongStream.range(from, to).toArray();
    int[] dimensions = new int[keys.length];
    float[] out = new float[keys.length * STATE.length];
    new RowReader()
        .states(rows, new int[keys.length], keys, 0, keys.length, out, STATE.length, dimensions);
    return Arrays.stream(dimensions).filter(dimension -> dimension > 0).count();
  }

  // -- content

  @Test
  void aRowIsWhatWasInserted() {
    float[] state = {1, 2, 3, 4, 5, 6, 7, 8};
    rows.reserve(2, 1, () -> {});
    int slot = rows.insert(0, 77, 2, (1L << 40) - 1, (1L << 40) - 2, state, 2, false);

    float[] loaded = new float[10];
    rows.load(rows.find(0, 77), loaded, 3);
    assertThat(loaded).containsExactly(0, 0, 0, 3, 4, 5, 6, 7, 8, 0);
    assertThat(rows.popularity(slot)).isEqualTo((1L << 40) - 1);
    assertThat(rows.time(slot)).isEqualTo((1L << 40) - 2);
    assertThat(rows.table(slot)).isZero();
    assertThat(rows.category(slot)).isEqualTo(77);
    assertThat(rows.dimension(slot)).isEqualTo(2);
  }

  @Test
  void aMovedRowKeepsItsKeyPopularityAndTime() {
    rows.reserve(2, 1, () -> {});
    int slot = rows.insert(32_767, Long.MIN_VALUE, 2, 5, 6, STATE, 0, false);
    rows.reserve(8, 1, () -> {});
    int moved = rows.move(rows.find(32_767, Long.MIN_VALUE), 8, STATE, 0);

    assertThat(moved).isNotEqualTo(slot).isEqualTo(rows.find(32_767, Long.MIN_VALUE));
    assertThat(rows.dimension(moved)).isEqualTo(8);
    assertThat(rows.table(moved)).isEqualTo(32_767);
    assertThat(rows.category(moved)).isEqualTo(Long.MIN_VALUE);
    assertThat(rows.popularity(moved)).isEqualTo(5);
    assertThat(rows.time(moved)).isEqualTo(6);
    assertThat(rows.isDirty(moved)).isTrue();
    assertThat(rows.size()).isEqualTo(1);
  }

  // -- room for several dimensions at once

  /** By level: what a chunk needs of dimensions 1 and 8. */
  private static int[] needed(int ofOne, int ofEight) {
    int[] needed = new int[9];
    needed[1] = ofOne;
    needed[4] = ofEight;
    return needed;
  }

  @Test
  void roomForSeveralDimensionsIsThereForAllOfThemAtOnce() {
    Runnable never =
        () -> {
          throw new AssertionError("nothing is dirty");
        };
    assertThat(rows.reserve(needed(5, 7), never)).as("nothing was there yet").isTrue();
    assertThat(rows.reserve(needed(5, 7), never)).as("all is there already").isFalse();

    for (int i = 0; i < 12; i++) {
      rows.insert(0, i, i < 5 ? 1 : 8, 0, 0, STATE, 0, false);
    }
    assertThat(block(1).rows()).isEqualTo(5);
    assertThat(block(8).rows()).isEqualTo(7);
  }

  @Test
  void nothingNeededIsThereAlready() {
    assertThat(rows.reserve(new int[9], () -> {})).isFalse();
  }

  /** What was made free for one dimension is not taken away for the next. */
  @Test
  void whereMemoryIsFullRoomIsMadeForAllDimensionsTogether() {
    for (int i = 0; i < 10_000; i++) {
      add(i, 128, false);
    }
    int chunk = rows.chunk(128);
    for (int round = 0; round < 50; round++) {
      int[] needed = new int[9];
      needed[8] = chunk / 2;
      needed[1] = chunk - needed[8];
      rows.reserve(needed, () -> {});
      for (int i = 0; i < chunk; i++) {
        long category = 100_000L + 1_000L * round + i;
        rows.insert(0, category, i < needed[8] ? 128 : 1, 0, 0, STATE, 0, false);
      }
      assertThat(rows.memory().bytes()).isLessThanOrEqualTo(256 * KIB);
    }
    assertThat(rows.evictions()).isPositive();
  }

  @Test
  void whatIsDirtyIsWrittenBackBeforeRoomIsMadeOfIt() {
    for (int i = 0; block(128).bytes() < 200 * KIB; i++) {
      add(i, 128, true);
    }
    List<Long> written = new ArrayList<>();
    int[] needed = new int[9];
    needed[8] = rows.chunk(128);
    while (written.isEmpty()) {
      rows.reserve(needed, () -> rows.writeBack(slot -> written.add(rows.category(slot))));
      for (int i = 0; i < needed[8]; i++) {
        rows.insert(0, -1L - rows.size() - i, 128, 0, 0, STATE, 0, true);
      }
    }

    assertThat(written).doesNotHaveDuplicates().contains(0L);
  }

  // -- seeing all

  @Test
  void everyRowIsVisitedOnceWhateverItsDimensionAndHoweverSmallTheSteps() {
    for (int i = 0; i < 300; i++) {
      add(i, (1 << i % 9) >> 1, false);
    }
    for (int i = 0; i < 300; i += 3) {
      rows.remove(rows.find(0, i));
    }
    List<Long> visited = new ArrayList<>();
    int calls = 0;
    for (long at = 0; at >= 0; calls++) {
      at = rows.visit(at, 7, slot -> visited.add(rows.category(slot)));
    }

    assertThat(visited)
        .containsExactlyInAnyOrderElementsOf(
            LongStream.range(0, 300).filter(i -> i % 3 > 0).boxed().toList());
    assertThat(calls).isGreaterThan(300 / 7);
  }

  @Test
  void anEmptyMemoryIsSeenInOneCall() {
    assertThat(rows.visit(0, 1, _ -> Assertions.fail("a row"))).isNegative();
  }

  // -- writing back

  @Test
  void aRowThatChangedIsWrittenBackOnce() {
    int changed = add(1, 4, false);
    add(2, 4, true);
    add(3, 4, false);
    var rewrites = new Rewrites(rows);
    rewrites.rewrite(changed, 1, 0, STATE);
    rewrites.rewrite(changed, 1, 0, STATE);

    assertThat(rows.dirtyRows()).isEqualTo(2);
    assertThat(writtenBack()).containsExactlyInAnyOrder(1L, 2L);
    assertThat(rows.dirtyRows()).isZero();
    assertThat(writtenBack()).isEmpty();
    assertThat(rows.isDirty(rows.find(0, 1))).isFalse();
  }

  @Test
  void aRemovedRowIsNotWrittenBackNorIsTheCleanRowThatGetsItsSlot() {
    int removed = add(1, 4, true);
    for (int i = 2; (i - 1L) * block(4).rowBytes() < block(4).bytes(); i++) {
      add(i, 4, false);
    }
    rows.remove(removed);
    int slot = add(-1, 4, false);

    assertThat(slot).isEqualTo(removed);
    assertThat(writtenBack()).isEmpty();
  }

  @Test
  void aMovedRowIsWrittenBackOnceFromWhereItIsNow() {
    int slot = add(1, 4, true);
    rows.reserve(8, 1, () -> {});
    int moved = rows.move(slot, 8, STATE, 0);

    List<Integer> slots = new ArrayList<>();
    rows.writeBack(slots::add);
    assertThat(slots).containsExactly(moved);
  }

  @Test
  void rowsThatCouldNotBeWrittenBackAreStillDirty() {
    add(1, 4, true);
    add(2, 4, true);
    assertThatIllegalStateException()
        .isThrownBy(
            () ->
                rows.writeBack(
                    slot -> {
                      if (rows.category(slot) == 2) {
                        throw new IllegalStateException("full");
                      }
                    }));
    assertThat(writtenBack()).containsExactly(2L);
  }

  // -- eviction and memory

  @Test
  void rowsThatChangedAreWrittenBackBeforeTheyAreEvicted() {
    List<Long> written = new ArrayList<>();
    int n = 1_000;
    for (int i = 0; i < n; i++) {
      rows.reserve(128, 1, () -> written.addAll(writtenBack()));
      rows.insert(0, i, 128, 0, 0, STATE, 0, true);
      assertThat(rows.memory().bytes()).isLessThanOrEqualTo(256 * KIB);
    }
    written.addAll(writtenBack());

    assertThat(written).doesNotHaveDuplicates().hasSize(n);
    assertThat(rows.evictions()).isEqualTo(n - rows.size()).isPositive();
  }

  @Test
  void whatIsUsedOutlivesWhatIsNot() {
    for (int i = 0; rows.evictions() == 0; i++) {
      add(i, 16, false);
    }
    int turns = 10;
    int used = 20;
    int missed = 0;
    for (int i = 1_000_000; rows.evictions() < (long) turns * rows.size(); i++) {
      add(i, 16, false);
      // Each in use is looked for each time, and comes into memory one after the other.
      for (int key = 1; key <= Math.min(used, i - 1_000_000); key++) {
        if (rows.find(0, -key) == ResidentRows.ABSENT) {
          add(-key, 16, false);
          missed++;
        }
      }
    }
    // What is not used is missed once a turn.
    assertThat(missed).isLessThan(turns * used / 2);
  }

  @Test
  void theRowsOfASmallSlabAreNotEvictedMoreOftenThanOthers() {
    have(1 << 20);
    for (int i = 1; i <= 50; i++) {
      add(-i, 128, false);
    }
    for (int i = 0; rows.evictions() == 0; i++) {
      add(i, 16, false);
    }
    long all = rows.size() + rows.evictions();
    for (int i = 1_000_000; rows.evictions() < all / 4; i++) {
      add(i, 16, false);
    }

    assertThat(present(-50, 0)).isGreaterThan(50 / 2);
  }

  @Test
  void pagesGoToTheSlabThatNeedsThem() {
    for (int i = 0; rows.evictions() == 0; i++) {
      add(i, 1, false);
    }
    long before = block(1).bytes();
    long unused = 256 * KIB - rows.memory().bytes();
    for (int i = 0; i < 100; i++) {
      add(-1 - i, 128, true);
      assertThat(rows.memory().bytes()).isLessThanOrEqualTo(256 * KIB);
    }

    assertThat(block(128).rows()).isEqualTo(100);
    assertThat(block(128).bytes()).isGreaterThanOrEqualTo(100L * block(128).rowBytes());
    assertThat(block(1).bytes())
        .isLessThanOrEqualTo(before + unused - block(128).bytes() + 4 * KIB);
    assertThat(present(-100, 0)).isEqualTo(100);
  }

  @Test
  void aSlabOfWhichAllRowsAreGoneGivesUpItsLastPage() {
    rows.remove(add(1, 128, true));
    assertThat(block(128).bytes()).isPositive();
    for (int i = 2; rows.evictions() == 0; i++) {
      add(i, 64, false);
    }
    assertThat(block(128).bytes()).isZero();
  }

  @Test
  void narrowRowsFillTheMemoryThatWideRowsHadFilled() {
    have(1 << 20);
    for (int i = 0; rows.evictions() < 10; i++) {
      add(i, 128, false);
    }
    long few = rows.memory().indexBytes();
    for (int i = 0; i < 40_000; i++) {
      add(-1 - i, 1, false);
    }

    assertThat(rows.memory().indexBytes()).isGreaterThan(4 * few);
    assertThat(block(1).rows() * block(1).rowBytes()).isGreaterThan((1 << 20) * 2 / 3);
  }

  @Test
  void memoryIsNamedByDimension() {
    add(1, 2, false);
    add(2, 2, false);
    add(3, 32, false);

    assertThat(rows.memory().blocks())
        .containsExactly(
            new BlockMemory(2, 2, 4 * KIB, 24 + 4 * 6),
            new BlockMemory(32, 1, 4 * KIB, 24 + 4 * 66));
    assertThat(rows.memory().rows()).isEqualTo(3);
    assertThat(rows.memory().indexBytes()).isEqualTo(17 * 64);
    assertThat(rows.memory().bytes()).isEqualTo(8 * KIB + 17 * 64);
  }

  @Test
  void aReserveThatTheMemoryCannotHoldIsRefused() {
    add(1, 1, true);
    assertThatIllegalStateException()
        .isThrownBy(() -> rows.reserve(128, 512, () -> writtenBack()))
        .withMessage("row memory: 262144 bytes (expected: room for 512 rows of dimension 128)");
    assertThat(add(2, 128, true)).isNotNegative();
  }

  @Test
  void aCapacityBelowTheLeastIsRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new ResidentRows(ENCODING, 1, 256 * KIB - 1))
        .withMessage("row memory: 262143 (expected: at least 262144)");
  }

  // -- misuse changes nothing

  @Test
  void aRowThatNoRoomWasMadeForIsRefused() {
    assertThatIllegalStateException()
        .isThrownBy(() -> rows.insert(0, 1, 4, 0, 0, STATE, 0, true))
        .withMessage("slots of dimension 4: 0 (expected: a free one; reserve it before)");
    assertThat(rows.size()).isZero();
    assertThat(rows.dirtyRows()).isZero();
  }

  @Test
  void aRowThatTheIndexHasNoRoomForIsRefused() {
    rows.reserve(4, 1, () -> {});
    for (int n = 0; n < 17 * 8; n++) {
      if (block(4).bytes() / block(4).rowBytes() == n) {
        rows.reserve(4, 1, () -> {});
      }
      rows.insert(0, n, 4, 0, 0, STATE, 0, true);
    }
    assertThatIllegalStateException()
        .isThrownBy(() -> rows.insert(0, -1, 4, 0, 0, STATE, 0, true))
        .withMessage("rows: 136 (expected: room for one more; reserve it before)");
    assertThat(rows.find(0, -1)).isEqualTo(ResidentRows.ABSENT);
    assertThat(rows.size()).isEqualTo(136);
  }

  @Test
  void aStateThatIsTooShortLeavesTheRowReadable() {
    int slot = add(9, 4, false);
    float[] tooShort = new float[ENCODING.stateLength(4) - 1];
    assertThatExceptionOfType(IndexOutOfBoundsException.class)
        .isThrownBy(() -> rows.insert(0, 10, 4, 1, 1, tooShort, 0, true));
    assertThatExceptionOfType(IndexOutOfBoundsException.class)
        .isThrownBy(() -> rows.move(slot, 4, tooShort, 0));

    assertThat(RowDescriptor.sequence(rows.slabs().row(slot)) & RowDescriptor.WRITING).isZero();
    assertThat(present(9, 11)).isEqualTo(1);
    assertThat(rows.dirtyRows()).isZero();
    assertThat(rows.popularity(slot)).isZero();
    assertThat(block(4).rows()).isEqualTo(1);
  }

  @Test
  void closingTwiceIsClosingOnce() {
    rows.close();
    rows.close();
    assertThat(rows.isClosed()).isTrue();
  }

  @Test
  void aChunkIsFoundAsItsRowsOneByOne() {
    for (int i = 0; i < 400; i++) {
      add(3L * i, 1 << (i % 4), false);
    }
    long[] keys = LongStream.range(-7, ResidentRows.CHUNK).toArray();
    int[] slots = new int[ResidentRows.CHUNK];
    rows.find(0, keys, 7, ResidentRows.CHUNK, slots);

    assertThat(slots)
        .containsExactly(
            IntStream.range(0, ResidentRows.CHUNK).map(key -> rows.find(0, key)).toArray())
        .contains(ResidentRows.ABSENT);
    rows.find(1, keys, 7, ResidentRows.CHUNK, slots);
    assertThat(slots).containsOnly(ResidentRows.ABSENT);
  }
}
