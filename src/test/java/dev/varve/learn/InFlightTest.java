package dev.varve.learn;

import static dev.varve.testing.Cases.forAll;
import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.table.RowKeys;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class InFlightTest {
  private static final int WIDTH = 3;

  @Test
  void aRowIsSeenWithTheChangesInFlightUntilTheTableHasThem() {
    var inFlight = new InFlight(WIDTH, 100);
    var tables = new Offsets();
    sent(inFlight, 0, 0, 10, batch(1, 2), new float[] {1, 2, 3, 4, 5, 6});
    sent(inFlight, 0, 0, 20, batch(1), new float[] {10, 20, 30});

    assertThat(view(inFlight, 1)).containsExactly(11, 22, 33);
    tables.applied.put("0/0", 10L);
    inFlight.refresh(tables);
    assertThat(view(inFlight, 1)).containsExactly(10, 20, 30);
    assertThat(view(inFlight, 2)).containsOnly(0);
    tables.applied.put("0/0", 20L);
    inFlight.refresh(tables);
    assertThat(view(inFlight, 1)).containsOnly(0);
  }

  @Test
  void changesAreAddedAtAnOffsetAndToNothingElse() {
    var inFlight = new InFlight(WIDTH, 100);
    sent(inFlight, 0, 0, 10, batch(1), new float[] {1, 2, 3});
    float[] states = new float[3 * WIDTH];
    Arrays.fill(states, 9);
    find(inFlight, batch(3, 1, 2), new int[] {1, 1, 1}, states);

    assertThat(states).containsExactly(9, 9, 9, 10, 11, 12, 9, 9, 9);
    find(inFlight, batch(1), new int[] {0}, states);
    assertThat(states).as("no row: nothing is added").startsWith(9, 9, 9);
  }

  @Test
  void oneFeaturesCategoryIsNotAnothersOfTheSameNumber() {
    var inFlight = new InFlight(WIDTH, 100);
    var tables = new Offsets();
    sent(inFlight, 0, 0, 10, batchOf(1, 7), new float[] {1, 1, 1});
    sent(inFlight, 0, 1, 10, batchOf(0, 7), new float[] {2, 2, 2});

    assertThat(view(inFlight, batchOf(0, 7))).containsOnly(2);
    assertThat(view(inFlight, batchOf(1, 7))).containsOnly(1);
    tables.applied.put("0/0", 10L);
    inFlight.refresh(tables);
    assertThat(view(inFlight, batchOf(0, 7))).containsOnly(2);
    assertThat(view(inFlight, batchOf(1, 7))).containsOnly(0);
  }

  @Test
  void occurrencesInFlightAreKnownOfCategoriesWithoutARowToo() {
    var inFlight = new InFlight(WIDTH, 100);
    var tables = new Offsets();
    sent(inFlight, 0, 0, 10, batch(1, 1, 1, 2, 2, 2, 2), new float[] {1, 2, 3});
    sent(inFlight, 1, 0, 5, batch(2, 2, 2, 2, 2), new float[0]);

    assertThat(occurrences(inFlight, 1)).isEqualTo(3);
    assertThat(occurrences(inFlight, 2)).isEqualTo(9);
    assertThat(occurrences(inFlight, 3)).isZero();
    assertThat(view(inFlight, 2)).containsOnly(0);
    tables.applied.put("0/0", 10L);
    inFlight.refresh(tables);
    assertThat(occurrences(inFlight, 1)).isZero();
    assertThat(occurrences(inFlight, 2)).isEqualTo(5);
  }

  @Test
  void oneShardsProgressSaysNothingOfAnother() {
    var inFlight = new InFlight(WIDTH, 100);
    var tables = new Offsets();
    sent(inFlight, 0, 0, 10, batch(1), new float[] {1, 1, 1});
    sent(inFlight, 0, 1, 10, batch(2), new float[] {2, 2, 2});
    tables.applied.put("1/0", 10L);
    inFlight.refresh(tables);

    assertThat(view(inFlight, 1)).containsOnly(1);
    assertThat(view(inFlight, 2)).containsOnly(0);
  }

  @Test
  void forgettingATrainerLeavesTheOthersChanges() {
    var inFlight = new InFlight(WIDTH, 100);
    sent(inFlight, 0, 0, 10, batch(1), new float[] {1, 1, 1});
    sent(inFlight, 1, 0, 10, batch(1), new float[] {2, 2, 2});
    inFlight.forget(0);

    assertThat(view(inFlight, 1)).containsOnly(2);
  }

  @Test
  void tablesAreBehindOnlyByWhatTheyCouldHaveApplied() {
    var inFlight = new InFlight(WIDTH, 100);
    sent(inFlight, 0, 0, 10, batch(1, 2), new float[6]);
    assertThat(inFlight.rowsBehind()).isZero();
    inFlight.committing(0);
    sent(inFlight, 0, 0, 20, batch(3), new float[3]);
    assertThat(inFlight.rowsBehind()).isEqualTo(2);
    inFlight.forget(0);
    assertThat(inFlight.rowsBehind()).isZero();
  }

  @Test
  void beyondTheCapacityTheOldestBatchesAreForgotten() {
    var inFlight = new InFlight(WIDTH, 3);
    sent(inFlight, 0, 0, 10, batch(1, 2), new float[] {1, 1, 1, 1, 1, 1});
    sent(inFlight, 0, 1, 10, batch(3), new float[] {2, 2, 2});
    sent(inFlight, 0, 0, 20, batch(4), new float[] {3, 3, 3});

    assertThat(view(inFlight, 1)).containsOnly(0);
    assertThat(view(inFlight, 3)).containsOnly(2);
    assertThat(view(inFlight, 4)).containsOnly(3);
    inFlight.committing(0);
    assertThat(inFlight.rowsBehind()).isEqualTo(2);
  }

  @Test
  void itIsTheListOfBatchesThatTheTablesLackUnderAnyOperations() {
    forAll(
        60,
        random -> {
          var model = new Model(random.nextBoolean() ? 1_000_000 : random.nextInt(1, 40));
          for (int i = 0; i < 200; i++) {
            model.operate(random);
            model.check();
          }
        });
  }

  /** Keeps whole batches and adds them up when asked; changes are integers, so sums are exact. */
  private static final class Model {
    @SuppressWarnings("ArrayRecordComponent") // compared by identity
    record Batch(
        int trainer,
        int shard,
        long endOffset,
        long[] categories,
        int[] occurrences,
        float[] changes) {}

    final int capacity;
    final InFlight inFlight;
    final Offsets tables = new Offsets();
    final List<Batch> batches = new ArrayList<>();
    final Set<Batch> committed = new HashSet<>();
    long offset;

    Model(int capacity) {
      this.capacity = capacity;
      this.inFlight = new InFlight(WIDTH, capacity);
    }

    void operate(RandomGenerator random) {
      int trainer = random.nextInt(3);
      int shard = random.nextInt(2);
      switch (random.nextInt(8)) {
        case 0 -> refresh(shard, trainer, random.nextLong(offset + 1));
        case 1 -> {
          inFlight.committing(trainer);
          batches.stream().filter(batch -> batch.trainer == trainer).forEach(committed::add);
        }
        case 2 -> {
          if (random.nextInt(6) == 0) {
            inFlight.forget(trainer);
            batches.removeIf(batch -> batch.trainer == trainer);
          }
        }
        default -> send(trainer, shard, random);
      }
    }

    private void refresh(int shard, int trainer, long end) {
      tables.applied.merge(shard + "/" + trainer, end, Math::max);
      inFlight.refresh(tables);
      batches.removeIf(batch -> batch.endOffset <= tables.applied(batch.shard, batch.trainer));
    }

    private void send(int trainer, int shard, RandomGenerator random) {
      long[] categories = random.longs(random.nextInt(5), 0, 12).distinct().toArray();
      int[] occurrences = random.ints(categories.length, 1, 5).toArray();
      float[] changes = new float[random.nextInt(categories.length + 1) * WIDTH];
      for (int i = 0; i < changes.length; i++) {
        changes[i] = random.nextInt(-50, 50);
      }
      offset++;
      batches.add(new Batch(trainer, shard, offset, categories, occurrences, changes));
      var repeated = LongStream.builder();
      for (int i = 0; i < categories.length; i++) {
        for (int k = 0; k < occurrences[i]; k++) {
          repeated.add(categories[i]);
        }
      }
      sent(inFlight, trainer, shard, offset, batch(repeated.build().toArray()), changes);
      while (batches.stream().mapToInt(batch -> batch.categories.length).sum() > capacity) {
        batches.removeFirst();
      }
    }

    void check() {
      int behind = 0;
      for (Batch batch : batches) {
        behind += committed.contains(batch) ? batch.categories.length : 0;
      }
      assertThat(inFlight.rowsBehind()).isEqualTo(behind);
      for (int category = 0; category < 12; category++) {
        float[] expected = new float[WIDTH];
        int occurrences = 0;
        for (Batch batch : batches) {
          for (int i = 0; i < batch.categories.length; i++) {
            boolean isIt = batch.categories[i] == category;
            occurrences += isIt ? batch.occurrences[i] : 0;
            for (int k = i * WIDTH; isIt && k < batch.changes.length && k < (i + 1) * WIDTH; k++) {
              expected[k - i * WIDTH] += batch.changes[k];
            }
          }
        }
        assertThat(view(inFlight, category)).containsExactly(expected);
        assertThat(occurrences(inFlight, category)).isEqualTo(occurrences);
      }
    }
  }

  /** Tables of which only the progress is known. */
  private static final class Offsets implements Rows {
    final Map<String, Long> applied = new HashMap<>();

    @Override
    public long applied(int shard, int trainer) {
      return applied.getOrDefault(shard + "/" + trainer, 0L);
    }

    @Override
    public void read(
        int shard,
        RowKeys keys,
        long atMs,
        float[] states,
        int width,
        int[] dimensions,
        int[] found,
        float[] popularities) {
      throw new AssertionError("rows are the trainer's to read");
    }
  }

  private static float[] view(InFlight inFlight, long category) {
    return view(inFlight, batch(category));
  }

  private static float[] view(InFlight inFlight, MicroBatch ofOne) {
    float[] view = new float[WIDTH];
    find(inFlight, ofOne, new int[] {1}, view);
    return view;
  }

  private static int occurrences(InFlight inFlight, long category) {
    return find(inFlight, batch(category), new int[] {1}, new float[WIDTH]);
  }

  /** Adds what is in flight to states, and gives the occurrences of the last slot. */
  private static int find(InFlight inFlight, MicroBatch batch, int[] dimensions, float[] states) {
    int[] slots = IntStream.range(0, batch.slots()).toArray();
    var found = new InFlight.Pending[slots.length];
    int[] occurrences = new int[slots.length];
    inFlight.find(batch, slots, found, occurrences);
    inFlight.addTo(found, slots.length, dimensions, states);
    return occurrences[slots.length - 1];
  }

  /** Slots in the order in which categories were first named. */
  private static void sent(
      InFlight inFlight,
      int trainer,
      int shard,
      long endOffset,
      MicroBatch batch,
      float[] changes) {
    int[] slots = IntStream.range(0, batch.slots()).toArray();
    inFlight.sent(trainer, shard, endOffset, batch, slots, changes);
  }

  /** Examples of these categories of a feature, one each. */
  private static MicroBatch batch(long... categories) {
    return batchOf(0, categories);
  }

  private static MicroBatch batchOf(int feature, long... categories) {
    var batch = new MicroBatch(KeyedExamples.features());
    for (long category : categories) {
      batch.add(KeyedExamples.example().categories(feature, category).build(), "");
    }
    return batch;
  }
}
