package dev.varve.store;

import dev.varve.schema.Move;
import java.util.ArrayList;
import java.util.List;

/**
 * The newest moves of a shard's rows, for whoever asks why a category is where it is. Kept in
 * memory only: forgotten when the shard is closed.
 *
 * <p><b>Threads:</b> any; one lock.
 */
final class RecentMoves {
  /** Why a row moved. */
  enum Reason {
    ADMITTED("admitted by an update"),
    UPDATE("popularity at an update"),
    LAYOUT("layout, at the next update"),
    SWEEP("layout, by the sweep"),
    FORGOTTEN("faded");

    private final String text;

    Reason(String text) {
      this.text = text;
    }
  }

  private static final int MOST = 1 << 14;

  private final int[] tables = new int[MOST];
  private final long[] categories = new long[MOST];
  private final Move[] moves = new Move[MOST];
  private long count;

  synchronized void add(
      int table, long category, int from, int to, long ms, long version, Reason reason, double p) {
    int at = (int) (count++ & (MOST - 1));
    tables[at] = table;
    categories[at] = category;
    moves[at] =
        Move.newBuilder()
            .setFrom(from)
            .setTo(to)
            .setEventTimeMs(ms)
            .setLayoutVersion(version)
            .setReason(reason.text)
            .setPopularity(p)
            .build();
  }

  /** Those of a category, newest first. */
  synchronized List<Move> of(int table, long category) {
    List<Move> found = new ArrayList<>();
    for (long i = count - 1; i >= 0 && i >= count - MOST; i--) {
      int at = (int) (i & (MOST - 1));
      if (tables[at] == table && categories[at] == category) {
        found.add(moves[at]);
      }
    }
    return found;
  }
}
