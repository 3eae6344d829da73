package dev.varve.bench;

import dev.varve.table.PackedPopularity;
import dev.varve.table.ResidentRows;
import java.util.ArrayList;
import java.util.List;

/**
 * How fast do rows come, go and change their dimension, while a reader reads them at full speed?
 * And how long does a batch take whose rows make the index grow?
 */
final class GrowthBench implements Bench {
  private static final int CHUNK = ResidentRows.CHUNK;
  private static final int WIDE = Settings.DIMENSION;
  private static final int NARROW = WIDE / 2;

  private final Settings settings;
  private final Population population;
  private final float[] state = new float[Population.ENCODING.stateLength(WIDE)];
  private final List<Figure> figures = new ArrayList<>();

  GrowthBench(Settings settings) {
    this.settings = settings;
    this.population = settings.population(Settings.DIMENSION);
  }

  @Override
  public String question() {
    return "rows that come, go and move, %,d of dimension 16, a reader beside"
        .formatted(settings.rows());
  }

  @Override
  public long bytes() {
    return 2 * population.bytes();
  }

  @Override
  public List<Figure> run(Progress progress) {
    Draws read = Draws.uniform(population, settings.seed());
    progress.at("inserts into an empty table");
    inserts(read);
    progress.at("inserts that evict");
    evictions(read);
    progress.at("moves between blocks");
    moves(read);
    return figures;
  }

  private BackgroundReader reader(ResidentRows rows, Draws read) {
    return new BackgroundReader(
        new LookupWork(population, rows, read.fork(), new float[0], settings.batch()));
  }

  /** From an empty table to all rows, in each round anew. */
  private void inserts(Draws read) {
    int n = settings.rounds();
    var pace = new Pace(n);
    for (int i = -1; i < n; i++) {
      try (ResidentRows rows = population.empty(population.bytes());
          BackgroundReader _ = reader(rows, read)) {
        pace.begin();
        for (int from = 0; from < population.rows(); from += CHUNK) {
          int some = Math.min(CHUNK, population.rows() - from);
          rows.reserve(WIDE, some, () -> {});
          for (int number = from; number < from + some; number++) {
            insert(rows, population.key(number));
          }
          pace.batch(some);
        }
        pace.end(i);
      }
    }
    figures.add(pace.rate("inserts, index growing"));
    figures.add(pace.longest("inserts, the longest batch of %d".formatted(CHUNK)));
  }

  /** A table with room for half of the rows; each new one takes the place of another. */
  private void evictions(Draws read) {
    int n = settings.rounds();
    var pace = new Pace(n);
    long room = Math.max(ResidentRows.LEAST_BYTES, 55L * population.rows());
    try (ResidentRows rows = population.empty(room);
        BackgroundReader _ = reader(rows, read)) {
      Draws order = Draws.permutation(population, population.rows(), settings.seed());
      long[] keys = new long[CHUNK];
      // The first half only fills the table.
      for (int i = -2; i < n; i++) {
        long before = rows.evictions();
        pace.begin();
        for (int done = 0; done < population.rows() / 2; done += CHUNK) {
          order.next(keys, CHUNK);
          pace.batch(replace(rows, keys));
        }
        pace.end(i);
        if (i >= 0 && rows.evictions() == before) {
          throw new IllegalStateException("evictions: none (expected: a table that is full)");
        }
      }
    }
    figures.add(pace.rate("evictions, an insert each"));
    figures.add(pace.longest("evictions, the longest batch of %d".formatted(CHUNK)));
  }

  /** Inserts those that are not there; gives how many that were. */
  private int replace(ResidentRows rows, long[] keys) {
    int inserted = 0;
    rows.reserve(WIDE, CHUNK, () -> {});
    for (long key : keys) {
      if (rows.find(Population.TABLE, key) == ResidentRows.ABSENT) {
        insert(rows, key);
        inserted++;
      }
    }
    return inserted;
  }

  private void insert(ResidentRows rows, long key) {
    rows.insert(
        Population.TABLE,
        key,
        WIDE,
        PackedPopularity.packPopularity(1),
        PackedPopularity.packTime(Population.BEGIN_MS),
        state,
        0,
        false);
  }

  /** A quarter of the rows, to half the dimension and back. */
  private void moves(Draws read) {
    int n = settings.rounds();
    var up = new Pace(n);
    var down = new Pace(n);
    int moved = population.rows() / 4;
    Draws order = Draws.permutation(population, moved, settings.seed());
    try (ResidentRows rows = population.resident();
        BackgroundReader _ = reader(rows, read)) {
      for (int i = -1; i < n; i++) {
        move(rows, order, moved, NARROW, down, i);
        move(rows, order, moved, WIDE, up, i);
      }
    }
    figures.add(up.rate("promotions, 8 to 16"));
    figures.add(down.rate("demotions, 16 to 8"));
  }

  private void move(ResidentRows rows, Draws order, int moved, int to, Pace pace, int round) {
    long[] keys = new long[CHUNK];
    int[] slots = new int[CHUNK];
    pace.begin();
    for (int done = 0; done < moved; done += CHUNK) {
      int some = Math.min(CHUNK, moved - done);
      order.next(keys, some);
      rows.reserve(to, some, () -> rows.writeBack(_ -> {}));
      rows.find(Population.TABLE, keys, 0, some, slots);
      for (int i = 0; i < some; i++) {
        // A slot is good until the next move; but now the row is near.
        int slot = rows.find(Population.TABLE, keys[i]);
        rows.load(slot, state, 0);
        rows.move(slot, to, state, 0);
      }
      pace.batch(some);
    }
    pace.end(round);
    rows.writeBack(_ -> {});
  }
}
