package dev.varve.bench;

import dev.varve.table.ResidentRows;
import java.util.ArrayList;
import java.util.List;

/**
 * How long does it take to look up rows that are in memory? In batches and one by one, popular keys
 * and all alike, as they are and through a basis; next to what the memory of this machine costs.
 *
 * <p>The rows have to be there, and the vectors must be theirs: that is checked.
 */
final class LookupBench implements Bench {
  private final Settings settings;
  private final Rounds rounds;
  private final List<Figure> figures = new ArrayList<>();

  LookupBench(Settings settings) {
    this.settings = settings;
    this.rounds = settings.measuring();
  }

  @Override
  public String question() {
    return "looking up %,d resident rows, batches of %d, one thread"
        .formatted(settings.rows(), settings.batch());
  }

  @Override
  public long bytes() {
    return settings.population(Settings.DIMENSION).bytes()
        + settings.population(Population.MIXED).bytes();
  }

  @Override
  public List<Figure> run(Progress progress) {
    floor(progress);
    narrow(progress);
    mixed(progress);
    return figures;
  }

  private void floor(Progress progress) {
    progress.at("memory floor");
    try (var floor = new MemoryFloor(settings.rows(), settings.seed())) {
      figures.add(rounds.measure(floor::dependent).nsPerRow("memory: a miss after the other"));
      figures.add(rounds.measure(floor::independent).nsPerRow("memory: misses side by side"));
    }
  }

  private void narrow(Progress progress) {
    Population population = settings.population(Settings.DIMENSION);
    progress.at("filling rows of dimension 16");
    Draws uniform = Draws.uniform(population, settings.seed());
    Draws zipf = Draws.zipf(population, settings.zipf(), settings.seed());
    float[] learned = LookupWork.learned(population.width(), settings.seed());
    try (ResidentRows rows = population.resident()) {
      var on = new On(population, rows, progress);
      figures.add(on.batches("D=16, uniform", uniform, new float[0]).atMost(65));
      figures.add(on.batches("D=16, Zipf", zipf, new float[0]).atMost(38));
      figures.add(on.batches("D=16, uniform, projected", uniform, learned).atMost(75));
      figures.add(on.batches("D=16, Zipf, projected", zipf, learned));
      figures.add(on.points("D=16, uniform, one by one", uniform).atMost(430));
      figures.add(on.points("D=16, Zipf, one by one", zipf));
    }
  }

  private void mixed(Progress progress) {
    Population population = settings.population(Population.MIXED);
    progress.at("filling rows of mixed dimensions");
    Draws uniform = Draws.uniform(population, settings.seed());
    Draws zipf = Draws.zipf(population, settings.zipf(), settings.seed());
    float[] learned = LookupWork.learned(population.width(), settings.seed());
    try (ResidentRows rows = population.resident()) {
      var on = new On(population, rows, progress);
      figures.add(on.batches("D=64, d=1..64, uniform", uniform, new float[0]));
      figures.add(on.batches("D=64, d=1..64, Zipf", zipf, new float[0]));
      figures.add(on.batches("D=64, d=1..64, uniform, projected", uniform, learned));
      figures.add(on.batches("D=64, d=1..64, Zipf, projected", zipf, learned));
    }
  }

  /** The rows that the lookups go to. */
  private final class On {
    private final Population population;
    private final ResidentRows rows;
    private final Progress progress;

    On(Population population, ResidentRows rows, Progress progress) {
      this.population = population;
      this.rows = rows;
      this.progress = progress;
    }

    Figure batches(String name, Draws draws, float[] projection) {
      progress.at(name);
      var work = new LookupWork(population, rows, draws, projection, settings.batch());
      Figure figure = rounds.measure(work).nsPerRow(name);
      work.check();
      return figure;
    }

    Figure points(String name, Draws draws) {
      progress.at(name);
      var work = new PointWork(new LookupWork(population, rows, draws, new float[0], 1));
      return rounds.measure(work).nsPerRow(name);
    }
  }

  /** Many lookups of one row, so that the clock is not what is measured. */
  private record PointWork(LookupWork one) implements Work {
    private static final int AT_A_TIME = 256;

    @Override
    public int run() {
      for (int i = 0; i < AT_A_TIME; i++) {
        one.run();
      }
      return AT_A_TIME;
    }
  }
}
