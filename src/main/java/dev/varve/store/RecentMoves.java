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
  private final int[] froms = new int[MOST];
  private final int[] tos = new int[MOST];
  private final long[] times = new long[MOST];
  private final long[] versions = new long[MOST];
  private final Reason[] reasons = new Reason[MOST];
  private final double[] popularities = new double[MOST];
  private long count;

  synchronized void add(
      int table, long category, int from, int to, long ms, long version, Reason reason, double p) {
    int at = (int) (count++ & (MOST - 1));
    tables[at] = table;
    categories[at] = category;
    froms[at] = from;
    tos[at] = to;
    times[at] = ms;
    versions[at] = version;
    reasons[at] = reason;
    popularities[at] = p;
  }

  /** Those of a category, newest first. */
  synchronized List<Move> of(int table, long category) {
    List<Move> found = new ArrayList<>();
    for (long i = count - 1; i >= 0 && i >= count - MOST; i--) {
      int at = (int) (i & (MOST - 1));
      if (tables[at] == table && categories[at] == category) {
        found.add(move(at));
      }
    }
    return found;
  }

  private Move move(int at) {
    return Move.newBuilder()
        .setFrom(froms[at])
        .setTo(tos[at])
        .setEventTimeMs(times[at])
        .setLayoutVersion(versions[at])
        .setReason(reasons[at].text)
        .setPopularity(popularities[at])
        .build();
  }
}
