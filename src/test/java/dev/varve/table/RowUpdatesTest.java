package dev.varve.table;

import static dev.varve.testing.Cases.forAll;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.varve.kernel.Memory;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RowUpdatesTest {
  private static final Popularity DECAY = new Popularity(3_600_000);
  private static final long BEGIN = PackedPopularity.packTime(1_700_000_000_000L);

  /** Adds the gradient to the linear weight; refuses one below zero. */
  private static final StateStep ADD =
      (state, _, gradients, from) -> {
        if (gradients[from] < 0) {
          return false;
        }
        Memory.putFloat(state, Memory.getFloat(state) + gradients[from]);
        return true;
      };

  private final ResidentRows rows =
      new ResidentRows(RowEncoding.FLOAT32_PLAIN, 4, ResidentRows.LEAST_BYTES);
  private final OneBlock table = new OneBlock();
  private final PopularityBins bins = table.bins;
  private final RowUpdates updates = new RowUpdates(rows, DECAY, ADD);

  @AfterEach
  void close() {
    rows.close();
  }

  private int add(long category) {
    rows.reserve(2, 1, () -> {});
    long popularity = PackedPopularity.packPopularity(1);
    return rows.insert(7, category, 2, popularity, BEGIN, new float[3], 0, false);
  }

  private static RowUpdates.Batch batch(int occurrences, long units, float gradient) {
    return new RowUpdates.Batch(
        new int[] {occurrences}, new long[] {units}, new float[] {gradient}, new int[1]);
  }

  private float weight(int slot) {
    float[] state = new float[3];
    rows.load(slot, state, 0);
    return state[0];
  }

  /** Soon and long after, late, and several times in one batch. */
  @Test
  void occurrencesAreCountedAsOneAfterTheOther() {
    forAll(
        200,
        random -> {
          int n = random.nextInt(1, 40);
          int[] slots = new int[n];
          Map<Integer, long[]> expected = new HashMap<>();
          Map<Integer, Float> weights = new HashMap<>();
          int[] occurrences = new int[n];
          long[] units = new long[n];
          float[] gradients = new float[n];
          int[] at = new int[n];
          Arrays.setAll(at, i -> i);
          int refused = 0;
          for (int i = 0; i < n; i++) {
            long category = random.nextLong(n);
            int found = rows.find(7, category);
            slots[i] = found == ResidentRows.ABSENT ? add(category) : found;
            occurrences[i] = random.nextInt(1, 9);
            int span = random.nextBoolean() ? 20 : 200_000;
            units[i] = BEGIN + random.nextInt(-span, span);
            gradients[i] = random.nextInt(-2, 10);
            int slot = slots[i];
            long[] row =
                expected.computeIfAbsent(slot, s -> new long[] {rows.popularity(s), rows.time(s)});
            row[0] = PackedPopularity.added(DECAY, row[0], row[1], occurrences[i], units[i]);
            row[1] = Math.max(row[1], units[i]);
            refused += gradients[i] < 0 ? 1 : 0;
            weights.putIfAbsent(slot, weight(slot));
            weights.merge(slot, Math.max(0, gradients[i]), Float::sum);
          }

          var batch = new RowUpdates.Batch(occurrences, units, gradients, at);
          assertThat(updates.update(slots, n, batch, 0, table, 0)).isEqualTo(refused);
          expected.forEach(
              (slot, row) -> {
                assertThat(rows.popularity(slot)).isEqualTo(row[0]);
                assertThat(rows.time(slot)).isEqualTo(row[1]);
                assertThat(rows.table(slot)).isEqualTo(7);
                assertThat(weight(slot)).isEqualTo(weights.get(slot));
              });
          rows.writeBack(_ -> {});
        });
  }

  @Test
  void aRowLeavesItsBinOnceAndIsHandedOverOnce() {
    int slot = add(5);
    bins.add(updates.bin(slot));
    for (int i = 0; i < 3; i++) {
      updates.update(new int[] {slot}, 1, batch(1, BEGIN, 1), 0, table, 0);
    }
    assertThat(rows.dirtyRows()).isEqualTo(1);
    rows.writeBack(written -> bins.enter(updates.bin(written)));
    bins.settle();

    var seen = new HashMap<Long, Long>();
    bins.forEach(seen::put);
    assertThat(seen).containsExactly(Map.entry(updates.bin(slot), 1L));
  }

  @Test
  void aRowThatIsUpdatedCountsAsUsed() {
    int slot = add(5);
    RowDescriptor.takeRecent(rows.row(slot));
    updates.update(new int[] {slot}, 1, batch(1, BEGIN, 1), 0, table, 0);

    assertThat(RowDescriptor.takeRecent(rows.row(slot))).isTrue();
  }

  @Test
  void aStepThatFailsLeavesNoRowLocked() {
    int slot = add(5);
    StateStep failing =
        (_, _, _, _) -> {
          throw new IllegalStateException("no step");
        };
    var broken = new RowUpdates(rows, DECAY, failing);

    assertThatIllegalStateException()
        .isThrownBy(() -> broken.update(new int[] {slot}, 1, batch(1, BEGIN, 1), 0, table, 0));
    assertThat(RowDescriptor.sequence(rows.row(slot)) & RowDescriptor.WRITING).isZero();
    assertThat(rows.isDirty(slot)).isTrue();
  }
}
