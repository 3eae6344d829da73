package dev.varve.store;

import dev.varve.base.Check;
import dev.varve.base.Seeds;
import dev.varve.table.Popularity;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.apache.datasketches.common.Family;
import org.apache.datasketches.common.Util;
import org.apache.datasketches.count.CountMinSketch;

/**
 * Counts that halve every half-life of event time, for any number of categories in a fixed number
 * of bytes: two count-min sketches.
 *
 * <p>Decay is forward (Cormode et al. 2009): a sketch covers a <em>generation</em> of {@value
 * #HALF_LIVES} half-lives, an occurrence at time t in it counts {@code round(2^(10 + (t - start) /
 * h))}, and what is read at a time T is divided by {@code 2^(10 + (T - start) / h)}. Nothing is
 * visited to let it decay. With a new generation the one before the newest is dropped: what it held
 * is worth less than a 256th by then. A late occurrence counts in the older generation, one older
 * still for what is left of it there.
 *
 * <p><b>Far ahead:</b> an occurrence beyond the next generation would drop all counts, and may be
 * one wrong clock. It is counted as the newest that the generations can hold, until {@value
 * #MOST_AHEAD} come one after the other: then time has really passed, and counts begin anew.
 *
 * <p><b>Determinism:</b> a function of the sequence of calls of {@link #add}, to the bit.
 *
 * <p><b>Threads:</b> one at a time.
 *
 * <p><b>Source:</b> Cormode and Muthukrishnan 2005 for count-min.
 */
final class SketchGenerations {
  /** Length of a generation. */
  static final int HALF_LIVES = 8;

  /** Occurrences far ahead, with none in between that is not, after which time has passed. */
  static final int MOST_AHEAD = 16;

  /** An estimate is off by more than the error bound with a probability of e^-4 in a generation. */
  private static final int HASHES = 4;

  private static final long SEED = Util.DEFAULT_UPDATE_SEED;
  private static final int PREAMBLE_BYTES = 16;
  private static final int NONE = -1;

  /** What an occurrence counts at the start of a generation, and what it would at the end. */
  private static final double START_WEIGHT = 1 << 10;

  private static final double END_WEIGHT = START_WEIGHT * (1 << HALF_LIVES);

  /** So many half-lives before its start a generation's weight would be 1. */
  private static final int UNIT_HALF_LIVES = 10;

  private final Popularity decay;
  private final long spanMs;
  private final int buckets;
  private CountMinSketch newest;
  private CountMinSketch older;

  /** Number of the newest generation since 1970; {@link #NONE} before the first occurrence. */
  private long generation = NONE;

  /** Occurrences far ahead since the last that was not. */
  private int ahead;

  /**
   * @param bytes of both sketches
   */
  SketchGenerations(Popularity decay, long bytes) {
    Check.that(bytes >= 1 << 10 && bytes <= 1 << 30, "sketch bytes", bytes, "from 1KiB to 1GiB");
    this.decay = decay;
    this.spanMs = HALF_LIVES * decay.halfLifeMs();
    this.buckets = (int) (bytes / 2 / (HASHES * Long.BYTES));
    this.newest = empty(buckets);
    this.older = empty(buckets);
  }

  /** DataSketches 9 makes no empty sketch of a chosen size, but reads one. */
  private static CountMinSketch empty(int buckets) {
    ByteBuffer preamble = ByteBuffer.allocate(PREAMBLE_BYTES).order(ByteOrder.nativeOrder());
    preamble.put((byte) Family.COUNTMIN.getMinPreLongs());
    preamble.put((byte) 1); // version of the format
    preamble.put((byte) Family.COUNTMIN.getID());
    preamble.put((byte) 1); // empty
    preamble.putInt(0).putInt(buckets).put((byte) HASHES).putShort(Util.computeSeedHash(SEED));
    return CountMinSketch.deserialize(preamble.array(), SEED);
  }

  /** Counts occurrences of a category. */
  void add(int tableId, long key, int occurrences, long timeMs) {
    long countedMs = advance(timeMs);
    boolean isNewest = countedMs >= generation * spanMs;
    long endMs = (isNewest ? generation + 1 : generation) * spanMs;
    long weight = occurrences * Math.round(END_WEIGHT * decay.decay(endMs - countedMs));
    if (weight > 0) {
      (isNewest ? newest : older).update(Seeds.mix(key, tableId), weight);
    }
  }

  /** Begins the generation of a time, if it may; returns the time that counts. */
  private long advance(long timeMs) {
    long of = Math.floorDiv(timeMs, spanMs);
    if (generation == NONE) {
      generation = of;
    } else if (of == generation + 1) {
      begin(of, newest);
    } else if (of > generation) {
      if (++ahead < MOST_AHEAD) {
        return (generation + 1) * spanMs - 1;
      }
      begin(of, empty(buckets));
    }
    ahead = 0;
    return timeMs;
  }

  private void begin(long next, CountMinSketch before) {
    older = before;
    newest = empty(buckets);
    generation = next;
  }

  /**
   * What a category's popularity is at a time; never less than it is, but for what was counted far
   * ahead and for roundings of a 2000th. A time of more than 10 half-lives before the newest
   * generation is taken for that.
   */
  double estimate(int tableId, long key, long timeMs) {
    long mixed = Seeds.mix(key, tableId);
    return newest.getEstimate(mixed) * scale(generation, timeMs)
        + older.getEstimate(mixed) * scale(generation - 1, timeMs);
  }

  /** What an estimate at a time is too high by at most, in 96 of 100 cases; often much less. */
  double errorBound(long timeMs) {
    return Math.E
        / buckets
        * (newest.getTotalWeight_() * scale(generation, timeMs)
            + older.getTotalWeight_() * scale(generation - 1, timeMs));
  }

  /** What a weight of 1 in a generation is worth at a time. */
  private double scale(long of, long timeMs) {
    long elapsedMs = timeMs - of * spanMs + UNIT_HALF_LIVES * decay.halfLifeMs();
    return decay.decay(Math.max(0, elapsedMs));
  }

  /** Memory of both sketches. */
  long bytes() {
    return 2L * buckets * HASHES * Long.BYTES;
  }

  /** Everything, to be read by {@link #read} of the same half-life and size. */
  byte[] write() {
    byte[] first = newest.toByteArray();
    byte[] second = older.toByteArray();
    return ByteBuffer.allocate(2 * Long.BYTES + first.length + second.length)
        .putLong(generation)
        .putInt(ahead)
        .putInt(first.length)
        .put(first)
        .put(second)
        .array();
  }

  void read(byte[] written) {
    ByteBuffer bytes = ByteBuffer.wrap(written);
    generation = bytes.getLong();
    ahead = bytes.getInt();
    byte[] first = new byte[bytes.getInt()];
    bytes.get(first);
    byte[] second = new byte[bytes.remaining()];
    bytes.get(second);
    newest = CountMinSketch.deserialize(first, SEED);
    older = CountMinSketch.deserialize(second, SEED);
  }
}
