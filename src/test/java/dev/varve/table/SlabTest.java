package dev.varve.table;

import static dev.varve.testing.Cases.forAll;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.varve.kernel.Memory;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class SlabTest {
  private static final int PAGE = Memory.PAGE_BYTES;

  @Test
  void aSlotIsNeverGivenTwiceWhateverIsTakenPutAndCut() {
    forAll(
        200,
        random -> {
          int dimension = 1 << random.nextInt(9);
          var slab = new Slab(RowEncoding.FLOAT32_ADAGRAD, dimension, 24 * PAGE, PAGE);
          try {
            var model = new Model(slab, random);
            for (int i = 0; i < 600; i++) {
              model.operate(random);
              model.check();
            }
          } finally {
            slab.freeMemory();
          }
        });
  }

  @Test
  void aSlabThatHasNoFreeSlotSaysSo() {
    var slab = new Slab(RowEncoding.FLOAT32_PLAIN, 1, 2 * PAGE, PAGE);
    assertThatIllegalStateException()
        .isThrownBy(slab::take)
        .withMessage("slots of dimension 1: 0 (expected: a free one; reserve it before)");
    slab.freeMemory();
  }

  @Test
  void aSlabGrowsToItsBoundInWholePages() {
    var slab = new Slab(RowEncoding.FLOAT32_PLAIN, 1, 2 * PAGE + PAGE / 2, PAGE);
    assertThat(slab.grow()).isTrue();
    assertThat(slab.grow()).isTrue();
    assertThat(slab.grow()).isFalse();
    assertThat(slab.bytes()).isEqualTo(2 * PAGE);
    slab.freeMemory();
  }

  @Test
  void anEmptySlabGivesAllItsPagesBack() {
    var slab = new Slab(RowEncoding.FLOAT32_ADAGRAD, 128, 8 * PAGE, PAGE);
    for (int i = 0; i < 3; i++) {
      slab.grow();
    }
    int pages = 0;
    while (slab.spareBytes() > 0) {
      slab.unlinkLastPage();
      slab.cutLastPage();
      pages++;
    }
    assertThat(pages).isEqualTo(3);
    assertThat(slab.bytes()).isZero();
    assertThat(slab.free()).isZero();
    slab.freeMemory();
  }

  @Test
  void aSlotsNumberTellsSlabAndPlace() {
    forAll(
        1_000,
        random -> {
          int level = random.nextInt(9);
          int place = random.nextInt(Slab.MOST_SLOTS);
          int slot = Slabs.slot(level, place);
          assertThat(slot).isNotNegative();
          assertThat(Slabs.levelOf(slot)).isEqualTo(level);
          assertThat(Slabs.place(slot)).isEqualTo(place);
          assertThat(Slabs.dimensionOf(slot)).isEqualTo(level == 0 ? 0 : 1 << (level - 1));
        });
  }

  @Test
  void aDimensionIsAPowerOfTwoAndNotWiderThanTheWidest() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Slabs(RowEncoding.FLOAT32_PLAIN, 24, 8 * PAGE, PAGE))
        .withMessage("dimension: 24 (expected: one of 1, 2, 4, 8, 16, 32, 64, 128)");
    var slabs = new Slabs(RowEncoding.FLOAT32_PLAIN, 8, 8 * PAGE, PAGE);
    for (int dimension : new int[] {3, 16, 256}) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> slabs.of(dimension))
          .withMessage("dimension: %d (expected: 0 or a power of two up to 8)", dimension);
    }
    slabs.freeMemory();
  }

  /** Which slots are in use, and with what. */
  private static final class Model {
    private final Slab slab;
    private final Map<Integer, Long> used = new HashMap<>();
    private final int takes;
    private long next;

    Model(Slab slab, RandomGenerator random) {
      this.slab = slab;
      takes = random.nextInt(30, 70);
    }

    void operate(RandomGenerator random) {
      int what = random.nextInt(100);
      if (what < 2) {
        slab.grow();
      } else if (what < 4 && slab.spareBytes() > 0) {
        cut();
      } else if (what < takes) {
        if (slab.free() > 0) {
          take();
        }
      } else if (!used.isEmpty()) {
        put(new ArrayList<>(used.keySet()).get(random.nextInt(used.size())));
      }
    }

    private void take() {
      int slot = slab.take();
      assertThat(used).doesNotContainKey(slot);
      write(slot, next);
      used.put(slot, next++);
    }

    private void write(int slot, long category) {
      long row = slab.row(slot);
      RowDescriptor.beginWrite(row);
      RowDescriptor.setKey(row, 1, category);
      RowDescriptor.endWrite(row, RowDescriptor.LIVE);
      // The last byte too: a slot that reaches beyond the memory in use would lose it.
      Memory.putInt(row + slab.stride() - Integer.BYTES, (int) category);
    }

    private void put(int slot) {
      RowDescriptor.setDead(slab.row(slot));
      slab.put(slot);
      used.remove(slot);
    }

    private void cut() {
      long bytes = slab.bytes();
      int first = slab.firstOfLastPage();
      slab.unlinkLastPage();
      for (int slot : List.copyOf(new TreeSet<>(used.keySet()).tailSet(first))) {
        int target = slab.take();
        assertThat(target).isLessThan(first);
        assertThat(used).doesNotContainKey(target);
        long category = Objects.requireNonNull(used.remove(slot));
        write(target, category);
        used.put(target, category);
        RowDescriptor.setDead(slab.row(slot));
      }
      slab.cutLastPage();
      assertThat(slab.bytes()).isEqualTo(bytes - PAGE);
    }

    void check() {
      int slots = (int) (slab.bytes() / slab.stride());
      assertThat(slab.free()).isEqualTo(slots - used.size());
      used.forEach(
          (slot, category) -> {
            long row = slab.row(slot);
            assertThat(slot).isLessThan(slab.end());
            assertThat(RowDescriptor.isOf(row, 1, category)).isTrue();
            assertThat(Memory.getInt(row + slab.stride() - Integer.BYTES))
                .isEqualTo(category.intValue());
          });
    }
  }
}
