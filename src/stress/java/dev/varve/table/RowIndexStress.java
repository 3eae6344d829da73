package dev.varve.table;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.L_Result;

/** Rows are found beside others that come and go in the same line, and while the index grows. */
public class RowIndexStress {
  private static final int TAG = 7;

  /** A category whose row stands in the first line of 16, or behind it. */
  private static long inFirstLine(int tag, int nth) {
    return Keys.withHash(0, Keys.hash(16, 0, tag, nth));
  }

  /** Behind another row with its tag, so that a search goes through its line entry by entry. */
  @State
  public static class BehindItsTag {
    private static final long FIRST = inFirstLine(TAG, 0);
    private static final long SECOND = inFirstLine(TAG, 1);
    private static final long OTHER = inFirstLine(TAG, 2);

    final StressRows stress = StressRows.borrow();
    final int slot;

    public BehindItsTag() {
      if (stress.rows.size() == 0) {
        stress.insert(FIRST, 1, StressRows.FOREIGN_STATE);
      }
      stress.removeIfHere(SECOND);
      stress.removeIfHere(OTHER);
      slot = stress.insert(SECOND, 1, StressRows.OLD_STATE);
      stress.rows.reserve(1, 1, () -> {});
    }
  }

  @JCStressTest
  @Outcome(id = "old", expect = ACCEPTABLE, desc = "The row as it was.")
  @Outcome(id = "nothing", expect = ACCEPTABLE, desc = "The row is gone.")
  @Outcome(id = "foreign", expect = FORBIDDEN, desc = "The row that has its entry now.")
  public static class SearchBesideRemoveAndInsert {
    @Actor
    public void writer(BehindItsTag row) {
      row.stress.rows.remove(row.slot);
      row.stress.rows.insert(0, BehindItsTag.OTHER, 1, 0, 0, StressRows.FOREIGN_STATE, 0, true);
    }

    @Actor
    public void reader(BehindItsTag row, L_Result result) {
      result.r1 = row.stress.reader.read(BehindItsTag.SECOND);
    }

    @Arbiter
    public void end(BehindItsTag row) {
      row.stress.giveBack();
    }
  }

  /** One line is full, and two rows that found it so stand behind it. */
  @State
  public static class BehindAFullLine {
    private static final long[] CATEGORIES = categories();

    final StressRows stress = StressRows.borrow();

    private static long[] categories() {
      long[] categories = new long[RowIndex.ENTRIES + 3];
      for (int i = 0; i < categories.length; i++) {
        categories[i] = inFirstLine(1 + i, i);
      }
      return categories;
    }

    private static long key() {
      return CATEGORIES[RowIndex.ENTRIES];
    }

    public BehindAFullLine() {
      for (long category : CATEGORIES) {
        stress.removeIfHere(category);
      }
      for (int i = 0; i < CATEGORIES.length - 1; i++) {
        stress.insert(
            CATEGORIES[i],
            1,
            i == RowIndex.ENTRIES ? StressRows.OLD_STATE : StressRows.FOREIGN_STATE);
      }
      stress.rows.reserve(1, 1, () -> {});
    }
  }

  @JCStressTest
  @Outcome(id = "old", expect = ACCEPTABLE, desc = "The row.")
  @Outcome(id = "nothing", expect = FORBIDDEN, desc = "A row that was there is not found.")
  @Outcome(id = "foreign", expect = FORBIDDEN, desc = "Another row under its key.")
  public static class SearchBesideChangesInFront {
    @Actor
    public void writer(BehindAFullLine row) {
      ResidentRows rows = row.stress.rows;
      rows.remove(rows.find(0, BehindAFullLine.CATEGORIES[RowIndex.ENTRIES + 1]));
      rows.remove(rows.find(0, BehindAFullLine.CATEGORIES[3]));
      long last = BehindAFullLine.CATEGORIES[RowIndex.ENTRIES + 2];
      rows.insert(0, last, 1, 0, 0, StressRows.FOREIGN_STATE, 0, true);
    }

    @Actor
    public void reader(BehindAFullLine row, L_Result result) {
      result.r1 = row.stress.reader.read(BehindAFullLine.key());
    }

    @Arbiter
    public void end(BehindAFullLine row) {
      row.stress.giveBack();
    }
  }

  /** An index that has no room for one more row. Its own: what has grown does not shrink. */
  @State
  public static class Full {
    final StressRows stress = new StressRows(1);

    public Full() {
      stress.insert(StressRows.KEY, 1, StressRows.OLD_STATE);
      for (long key = -1; stress.rows.size() < stress.rows.index().capacity(); key--) {
        stress.insert(key, 1, StressRows.FOREIGN_STATE);
      }
    }
  }

  @JCStressTest
  @Outcome(id = "old", expect = ACCEPTABLE, desc = "The row.")
  @Outcome(id = "nothing", expect = FORBIDDEN, desc = "A row that was there is not found.")
  @Outcome(id = "(foreign|junk)", expect = FORBIDDEN, desc = "Another row under its key.")
  public static class SearchBesideGrowth {
    @Actor
    public void writer(Full index) {
      index.stress.rows.reserve(1, 1, () -> {});
    }

    @Actor
    public void reader(Full index, L_Result result) {
      result.r1 = index.stress.reader.read(StressRows.KEY);
    }

    @Arbiter
    public void end(Full index) {
      index.stress.rows.close();
    }
  }
}
