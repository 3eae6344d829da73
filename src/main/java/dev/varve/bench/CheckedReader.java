package dev.varve.bench;

import dev.varve.base.Check;
import dev.varve.store.Embeddings;
import dev.varve.store.LookupStatus;
import dev.varve.store.Vectors;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.SingleWriterRecorder;
import org.jspecify.annotations.Nullable;

/**
 * A client that looks up batches of vectors as fast as it can, checks every one, and notes how long
 * each batch took.
 *
 * <p><b>Threads:</b> one owner; the client's own thread does nothing but read.
 */
final class CheckedReader implements AutoCloseable {
  private static final long LONGEST_NS = TimeUnit.MINUTES.toNanos(1);
  private static final int DIGITS = 3;
  private static final int WIDTH = KnownRows.WIDTH;

  private final Embeddings embeddings;
  private final KnownRows known;
  private final int[] numbers;
  private final long[] keys;
  private final Vectors found;
  private final SingleWriterRecorder recorder = new SingleWriterRecorder(LONGEST_NS, DIGITS);
  private final Thread thread;
  private int at;
  private final AtomicLong checked = new AtomicLong();
  private volatile boolean stopped;
  private volatile @Nullable Throwable failure;

  /**
   * @param numbers of the rows to read, in a circle
   * @param at where it begins
   * @param batch of one lookup
   */
  CheckedReader(Embeddings embeddings, KnownRows known, int[] numbers, int at, int batch) {
    this.embeddings = embeddings;
    this.known = known;
    this.numbers = numbers;
    this.at = at;
    this.keys = new long[batch];
    this.found = new Vectors(batch, WIDTH);
    this.thread = Thread.ofPlatform().name("reader").daemon().start(this::read);
  }

  private void read() {
    try {
      while (!stopped) {
        batch();
      }
    } catch (RuntimeException | Error e) {
      failure = e;
    }
  }

  private void batch() {
    int from = at + keys.length <= numbers.length ? at : 0;
    at = from + keys.length;
    for (int i = 0; i < keys.length; i++) {
      keys[i] = known.key(numbers[from + i]);
    }
    long begun = System.nanoTime();
    embeddings.lookup(UpdateSender.TABLE, keys, 0, found);
    float[] vectors = found.vectors();
    recorder.recordValue(Math.min(System.nanoTime() - begun, LONGEST_NS));
    for (int i = 0; i < keys.length; i++) {
      boolean isRow = found.statuses()[i] == LookupStatus.ROW.code();
      if (!isRow || !known.isRight(numbers[from + i], vectors, i * WIDTH)) {
        float[] vector = Arrays.copyOfRange(vectors, i * WIDTH, (i + 1) * WIDTH);
        throw new IllegalStateException(
            Check.message(
                "vector of key " + keys[i],
                isRow ? Arrays.toString(vector) : "none",
                "one that its row has had"));
      }
    }
    checked.addAndGet(keys.length);
  }

  /** What batches took since the last call, nanoseconds; fails when the client has failed. */
  Histogram took() {
    requireNoFailure();
    return recorder.getIntervalHistogram();
  }

  /** Vectors that were read, and right. */
  long checked() {
    return checked.get();
  }

  private void requireNoFailure() {
    if (failure != null) {
      throw new IllegalStateException("reader: failed (expected: right vectors)", failure);
    }
  }

  /** Stops it; fails when it has failed. */
  @Override
  public void close() {
    stopped = true;
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    requireNoFailure();
  }
}
