package dev.varve.bench;

import dev.varve.table.ResidentRows;
import java.util.ArrayList;
import java.util.List;

/**
 * How many rows per second does one thread update in memory, alone and beside a reader at full
 * speed, and how many rows does that reader get?
 */
final class UpdateBench implements Bench {
  private final Settings settings;
  private final Rounds rounds;
  private final List<Figure> figures = new ArrayList<>();

  UpdateBench(Settings settings) {
    this.settings = settings;
    this.rounds = settings.measuring();
  }

  @Override
  public String question() {
    return "updating %,d resident rows of dimension 16, rowwise AdaGrad, batches of %d, one thread"
        .formatted(settings.rows(), settings.batch());
  }

  @Override
  public long bytes() {
    return settings.population(Settings.DIMENSION).bytes();
  }

  @Override
  public List<Figure> run(Progress progress) {
    Population population = settings.population(Settings.DIMENSION);
    progress.at("filling rows of dimension 16");
    Draws uniform = Draws.uniform(population, settings.seed());
    Draws zipf = Draws.zipf(population, settings.zipf(), settings.seed());
    try (ResidentRows rows = population.resident()) {
      progress.at("updates");
      figures.add(rounds.measure(updates(rows, zipf)).rowsPerSecond("updates, Zipf").atLeast(25e6));
      figures.add(rounds.measure(updates(rows, uniform)).rowsPerSecond("updates, uniform"));
      progress.at("updates beside a reader");
      beside(rows, population, zipf, "Zipf", zipf);
      beside(rows, population, zipf, "uniform", uniform);
    }
    return figures;
  }

  private UpdateWork updates(ResidentRows rows, Draws draws) {
    return new UpdateWork(rows, draws, settings.batch(), settings.seed());
  }

  private void beside(
      ResidentRows rows, Population population, Draws written, String how, Draws read) {
    var reads = new LookupWork(population, rows, read.fork(), new float[0], settings.batch());
    Rounds.Both both;
    try (var reader = new BackgroundReader(reads)) {
      both = rounds.measure(updates(rows, written), reader);
    }
    if (reads.absent() > 0) {
      throw new IllegalStateException("reader: rows missing (expected: all are in memory)");
    }
    Figure updates = both.writing().rowsPerSecond("updates, Zipf, a reader beside (" + how + ")");
    Figure lookups = both.reading().rowsPerSecond("lookups of that reader (" + how + ")");
    boolean isGoal = how.equals("Zipf");
    figures.add(isGoal ? updates.atLeast(18e6) : updates);
    figures.add(isGoal ? lookups.atLeast(20e6) : lookups);
  }
}
