package dev.varve.table;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a reader inside the gate holds stays as it is until it leaves; the test is the reader. */
class ResidentRowsGateTest {
  private static final RowEncoding ENCODING = RowEncoding.FLOAT32_PLAIN;
  private static final int LENGTH = ENCODING.stateLength(1);

  private final ResidentRows rows = new ResidentRows(ENCODING, 2, ResidentRows.LEAST_BYTES);

  @AfterEach
  void close() {
    rows.close();
  }

  private int add(int key) {
    rows.reserve(1, 1, () -> rows.writeBack(_ -> {}));
    return rows.insert(0, key, 1, 0, 0, Versions.state(key, 1, LENGTH), 0, false);
  }

  private void assertHeld(int slot, int key) {
    long row = rows.slabs().row(slot);
    assertThat(RowDescriptor.isOf(row, 0, key)).isTrue();
    float[] state = new float[LENGTH];
    rows.load(slot, state, 0);
    assertThat(state).isEqualTo(Versions.state(key, 1, LENGTH));
  }

  /** As a reader searches; any thread. */
  private int find(int key) {
    return rows.index().find(rows.slabs(), RowIndex.hash(0, key), 0, key);
  }

  /** Runs a writer's call that has to wait for us; checks what we hold, then leaves. */
  private void whileHeld(Runnable call, BooleanSupplier hasBegun, Runnable check)
      throws InterruptedException {
    int entered = rows.gate().enter();
    Thread writer = Thread.ofPlatform().start(call);
    try {
      while (!hasBegun.getAsBoolean() && writer.isAlive()) {
        Thread.onSpinWait();
      }
      for (int i = 0; i < 20; i++) {
        assertThat(writer.isAlive()).as("the writer waits").isTrue();
        check.run();
        Thread.sleep(1);
      }
    } finally {
      rows.gate().leave(entered);
      writer.join();
    }
  }

  @Test
  void aRemovedRowIsHeldWhileOtherRowsAreInserted() {
    int slot = add(0);
    int entered = rows.gate().enter();
    try {
      rows.remove(slot);
      // More than a page holds, but no more than the index: its growth would wait for us.
      for (int key = 1; key <= rows.index().capacity(); key++) {
        assertThat(add(key)).isNotEqualTo(slot);
        assertHeld(slot, 0);
      }
    } finally {
      rows.gate().leave(entered);
    }
  }

  @Test
  void evictedRowsAreHeldUntilTheirReadersLeave() throws InterruptedException {
    int[] slots = fill();
    long before = rows.evictions();
    whileHeld(
        () -> rows.reserve(1, 1_000, () -> {}),
        () -> rows.evictions() > before,
        () -> assertHeld(slots));
  }

  @Test
  void aPageIsHeldUntilTheReadersOfItsRowsLeave() throws InterruptedException {
    int[] slots = fill();
    for (int key = 0; key < slots.length; key++) {
      if (slots[key] >= 0 && Slabs.place(slots[key]) < slots.length / 2) {
        rows.remove(slots[key]);
        slots[key] = ResidentRows.ABSENT;
      }
    }
    rows.reserve(1, rows.slabs().of(1).free() + 1, () -> {});
    assertThat(rows.slabs().of(1).spareBytes()).isPositive();
    int last = 0;
    for (int key = 0; key < slots.length; key++) {
      last = slots[key] > slots[last] ? key : last;
    }
    int moved = last;
    whileHeld(
        () -> rows.reserve(2, 1, () -> {}),
        () -> find(moved) != slots[moved],
        () -> {
          assertHeld(slots);
          assertHeld(find(moved), moved);
        });
    assertThat(rows.slabs().of(2).free()).isPositive();
  }

  /** Fills the memory with rows; their slots by key. */
  private int[] fill() {
    int n = 0;
    while (rows.evictions() == 0) {
      add(n++);
    }
    int[] slots = new int[n];
    Arrays.setAll(slots, this::find);
    return slots;
  }

  private void assertHeld(int[] slots) {
    for (int key = 0; key < slots.length; key++) {
      if (slots[key] != ResidentRows.ABSENT) {
        assertHeld(slots[key], key);
      }
    }
  }

  @Test
  void anIndexIsHeldUntilItsReadersLeave() throws InterruptedException {
    int slot = add(0);
    RowIndex held = rows.index();
    whileHeld(
        () -> rows.reserve(1, 1_000, () -> {}),
        () -> rows.index() != held,
        () -> {
          assertThat(held.find(rows.slabs(), RowIndex.hash(0, 0), 0, 0)).isEqualTo(slot);
          assertThat(find(0)).isEqualTo(slot);
        });
  }

  @Test
  void closingWaitsForReaders() throws InterruptedException {
    int slot = add(0);
    whileHeld(rows::close, rows::isClosed, () -> assertHeld(slot, 0));
  }
}
