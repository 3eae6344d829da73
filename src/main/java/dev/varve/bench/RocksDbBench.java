package dev.varve.bench;

import dev.varve.table.ResidentRows;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * How much faster is a batch lookup in memory than RocksDB for the same keys and the same rows, all
 * of them in its block cache?
 */
final class RocksDbBench implements Bench {
  private final Settings settings;
  private final Population population;
  private final Rounds rounds;
  private final List<Figure> figures = new ArrayList<>();

  RocksDbBench(Settings settings) {
    this.settings = settings;
    this.population = settings.population(Settings.DIMENSION);
    this.rounds = settings.measuring();
  }

  @Override
  public String question() {
    return "memory and RocksDB, the same %,d rows of dimension 16, batches of %d, one thread"
        .formatted(settings.rows(), settings.batch());
  }

  @Override
  public long bytes() {
    return 4 * population.bytes();
  }

  @Override
  public List<Figure> run(Progress progress) throws IOException {
    progress.at("filling memory and RocksDB");
    Draws uniform = Draws.uniform(population, settings.seed());
    Draws zipf = Draws.zipf(population, settings.zipf(), settings.seed());
    try (var folder = new ScratchFolder(settings.folder());
        ResidentRows rows = population.resident();
        RocksDbTable table = RocksDbTable.of(rows, population.keys(), folder.path())) {
      table.warm();
      compare(rows, table, uniform, "uniform", progress);
      compare(rows, table, zipf, "Zipf", progress);
    }
    return figures;
  }

  private void compare(
      ResidentRows rows, RocksDbTable table, Draws draws, String how, Progress progress) {
    progress.at("lookups, " + how);
    var memory = new LookupWork(population, rows, draws, new float[0], settings.batch());
    Figure here = rounds.measure(memory).nsPerRow("memory, " + how);
    memory.check();
    try (var rocks = new RocksDbLookups(table.db(), draws, settings.batch())) {
      Figure one = rounds.measure(rocks::get).nsPerRow("RocksDB get, " + how);
      Figure many = rounds.measure(rocks::multiGet).nsPerRow("RocksDB multiGet, " + how);
      rocks.check();
      figures.addAll(List.of(here, one, many));
      figures.add(ratio("get / memory, " + how, one, here));
      figures.add(ratio("multiGet / memory, " + how, many, here).atLeast(40));
    }
  }

  private static Figure ratio(String name, Figure of, Figure to) {
    return Figure.of(name, Unit.TIMES, of.median() / to.median());
  }
}
