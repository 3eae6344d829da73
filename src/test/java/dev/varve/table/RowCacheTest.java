package dev.varve.table;

import static dev.varve.testing.Cases.forAll;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class RowCacheTest {
  private static final int DIMENSION = 2;

  /** Bytes that the cache reckons a row of this dimension to take. */
  private static final long ROW_BYTES = 152 + 4 * 6;

  @Test
  void aRowIsFoundUntilItIsEvicted() {
    var cache = new RowCache(ROW_BYTES, DIMENSION);
    Row row = row(1);
    cache.add(row);

    assertThat(cache.get(row.key())).isSameAs(row);
    assertThat(cache.peek(row.key())).isSameAs(row);
    assertThat(cache.peek(new RowKey(1, 1))).isNull();
    assertThat(cache.get(new RowKey(0, 2))).isNull();
  }

  @Test
  void aChangedRowIsWrittenBackOnceHoweverOftenItChanged() {
    var cache = new RowCache(10 * ROW_BYTES, DIMENSION);
    Row changed = row(1);
    cache.add(changed);
    cache.add(row(2));
    cache.changed(changed);
    cache.changed(changed);

    assertThat(writtenBack(cache)).containsExactly(changed);
    assertThat(writtenBack(cache)).isEmpty();
    cache.changed(changed);
    assertThat(writtenBack(cache)).containsExactly(changed);
  }

  @Test
  void rowsGrowPastTheCapacityUntilTheyAreWrittenBack() {
    var cache = new RowCache(10 * ROW_BYTES, DIMENSION);
    for (int i = 0; i < 100; i++) {
      Row row = row(i);
      cache.add(row);
      cache.changed(row);
    }

    assertThat(cache.size()).isEqualTo(100);
    assertThat(writtenBack(cache)).hasSize(100);
    assertThat(cache.size()).isEqualTo(10);
  }

  @Test
  void aWriteBackIsWantedWhenHalfTheCapacityHasChanged() {
    var cache = new RowCache(10 * ROW_BYTES, DIMENSION);
    for (int i = 0; i < 5; i++) {
      Row row = row(i);
      cache.add(row);
      cache.changed(row);
      assertThat(cache.wantsWriteBack()).isFalse();
    }
    Row sixth = row(6);
    cache.add(sixth);
    cache.changed(sixth);
    assertThat(cache.wantsWriteBack()).isTrue();
    writtenBack(cache);
    assertThat(cache.wantsWriteBack()).isFalse();
  }

  @Test
  void aRowInUseOutlivesRowsThatAreNot() {
    var cache = new RowCache(10 * ROW_BYTES, DIMENSION);
    Row used = row(-1);
    cache.add(used);
    for (int i = 0; i < 200; i++) {
      cache.add(row(i));
      cache.get(used.key());
      writtenBack(cache);
    }

    assertThat(cache.peek(used.key())).isSameAs(used);
  }

  @Test
  void peekingIsNoUse() {
    var cache = new RowCache(ROW_BYTES, DIMENSION);
    cache.add(row(1));
    cache.peek(new RowKey(0, 1));
    cache.add(row(2));
    cache.get(new RowKey(0, 2));
    writtenBack(cache);

    assertThat(cache.peek(new RowKey(0, 1))).isNull();
    assertThat(cache.peek(new RowKey(0, 2))).isNotNull();
  }

  @Test
  void clearingForgetsChangedRowsToo() {
    var cache = new RowCache(ROW_BYTES, DIMENSION);
    for (int i = 0; i < 5; i++) {
      Row row = row(i);
      cache.add(row);
      cache.changed(row);
    }
    cache.clear();

    assertThat(cache.size()).isZero();
    assertThat(cache.peek(new RowKey(0, 1))).isNull();
    assertThat(writtenBack(cache)).isEmpty();
  }

  @Test
  void aCacheHoldsARowAtLeast() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new RowCache(ROW_BYTES - 1, DIMENSION))
        .withMessage("cache bytes: %d (expected: at least one row, %d)", ROW_BYTES - 1, ROW_BYTES);
  }

  @Test
  void cacheAndStoreTogetherAreAMapUnderAnyOperations() {
    forAll(
        300,
        random -> {
          int capacity = random.nextInt(1, 20);
          var model = new Model(new RowCache(capacity * ROW_BYTES, DIMENSION), capacity);
          int keys = random.nextInt(1, 60);
          for (int i = 0; i < 500; i++) {
            model.operate(random, random.nextInt(keys));
          }
        });
  }

  /**
   * The store below keeps what was written back; the expected value of a key is its last change.
   */
  private static final class Model {
    final RowCache cache;
    final int capacity;
    final Map<RowKey, Float> below = new HashMap<>();
    final Map<RowKey, Float> expected = new HashMap<>();
    final Set<RowKey> dirty = new HashSet<>();

    Model(RowCache cache, int capacity) {
      this.cache = cache;
      this.capacity = capacity;
    }

    void operate(RandomGenerator random, int category) {
      RowKey key = new RowKey(category % 3, category);
      switch (random.nextInt(20)) {
        case 0 -> writeBack();
        case 1 -> {
          if (random.nextInt(10) == 0) {
            clear();
          }
        }
        case 2, 3, 4, 5, 6, 7 -> assertThat(load(key).state()[0]).isEqualTo(value(key));
        default -> change(key, random.nextFloat());
      }
      for (RowKey changed : dirty) {
        Row row = cache.peek(changed);
        assertThat(row).isNotNull();
      }
    }

    private float value(RowKey key) {
      return expected.getOrDefault(key, 0f);
    }

    private Row load(RowKey key) {
      Row row = cache.get(key);
      if (row == null) {
        float[] state = new float[Row.stateLength(DIMENSION)];
        state[0] = below.getOrDefault(key, 0f);
        row = new Row(key, 0, 0, state);
        cache.add(row);
      }
      return row;
    }

    private void change(RowKey key, float value) {
      Row row = load(key);
      float[] next = row.state().clone();
      next[0] = value;
      row.publish(next);
      cache.changed(row);
      expected.put(key, value);
      dirty.add(key);
    }

    private void writeBack() {
      List<RowKey> written = new ArrayList<>();
      cache.writeBack(
          rows -> {
            for (Row row : rows) {
              written.add(row.key());
              below.put(row.key(), row.state()[0]);
            }
          });
      assertThat(written).doesNotHaveDuplicates().hasSameElementsAs(dirty);
      assertThat(below).isEqualTo(expected);
      assertThat(cache.size()).isLessThanOrEqualTo(capacity);
      dirty.clear();
    }

    /** As after a crash: back to what is below. */
    private void clear() {
      cache.clear();
      expected.clear();
      expected.putAll(below);
      dirty.clear();
    }
  }

  private static List<Row> writtenBack(RowCache cache) {
    List<Row> rows = new ArrayList<>();
    cache.writeBack(rows::addAll);
    return rows;
  }

  private static Row row(long category) {
    return new Row(new RowKey(0, category), 1, 1, new float[Row.stateLength(DIMENSION)]);
  }
}
