package dev.varve.bench;

import dev.varve.base.Check;
import dev.varve.store.Embeddings;
import dev.varve.store.LookupStatus;
import dev.varve.store.Vectors;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/** Lookups without a network: what the transports stand on. */
final class ProcessLookups {
  private static final int DRAWN = 1 << 22;
  private static final double GOAL = 12e6;

  private final Embeddings embeddings;
  private final ServedRows rows;
  private final Settings settings;
  private final int[] ids;
  private final long[] drawn;

  ProcessLookups(Embeddings embeddings, ServedRows rows, Settings settings) {
    this.embeddings = embeddings;
    this.rows = rows;
    this.settings = settings;
    this.ids = rows.draw(DRAWN, new SplittableRandom(settings.seed()));
    this.drawn = Arrays.stream(ids).mapToLong(ServedRows::key).toArray();
  }

  List<Figure> run(Progress progress) {
    List<Figure> figures = new ArrayList<>();
    figures.add(
        measure("random ids, %,d at once", ServeLoads.LARGE_IDS, false, progress).atLeast(GOAL));
    figures.add(measure("random ids, %,d at once", ServeLoads.SMALL_IDS, false, progress));
    figures.add(measure("the same %,d ids at once", ServeLoads.LARGE_IDS, true, progress));
    figures.add(measure("the same %,d ids at once", ServeLoads.SMALL_IDS, true, progress));
    return figures;
  }

  private Figure measure(String what, int batch, boolean areSame, Progress progress) {
    String name = what.formatted(batch);
    progress.at(name);
    var work = new Lookups(batch, areSame);
    Figure figure = settings.measuring().measure(work).perSecond(name, Unit.VECTORS_PER_SECOND, 1);
    work.check();
    return figure;
  }

  private final class Lookups implements Work {
    private final long[] keys;
    private final Vectors found;
    private final boolean areSame;
    private int at;

    Lookups(int batch, boolean areSame) {
      this.keys = new long[batch];
      this.found = new Vectors(batch, ServedRows.WIDTH);
      this.areSame = areSame;
    }

    @Override
    public int run() {
      at = areSame || at + 2 * keys.length > drawn.length ? 0 : at + keys.length;
      System.arraycopy(drawn, at, keys, 0, keys.length);
      embeddings.lookup(ServedRows.TABLE, keys, 0, found);
      return keys.length;
    }

    /** Fails unless the last vectors are those of their ids. */
    void check() {
      float[] vectors = found.vectors();
      ByteBuffer bytes =
          ByteBuffer.allocate(vectors.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
      bytes.asFloatBuffer().put(vectors);
      byte[] right = rows.vectors(Arrays.copyOfRange(ids, at, at + keys.length));
      Check.that(Arrays.equals(bytes.array(), right), "vectors", "others", "those of their ids");
      for (byte status : found.statuses()) {
        Check.that(status == LookupStatus.ROW.code(), "status", status, "a row");
      }
    }
  }
}
