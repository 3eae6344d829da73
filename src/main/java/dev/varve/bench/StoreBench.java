package dev.varve.bench;

import dev.varve.base.Bytes;
import dev.varve.base.Check;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;

/**
 * {@code varve bench store} and {@code varve bench rebalance}: measures the embedding store, a
 * section for each question.
 */
public final class StoreBench {
  /** What can be asked, in the order in which it is. */
  public enum Part {
    LOOKUPS,
    UPDATES,
    GROWTH,
    OVERHEAD,
    ROCKSDB,
    KAFKA,
    RESTORE,
    REBALANCE,
    ROCKSDB_OPTIONS;

    /** As the command line has it. */
    public String text() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /**
     * Whether it is answered only where it is named: it is for who changes the options, or has a
     * command of its own.
     */
    public boolean isSpecial() {
      return this == ROCKSDB_OPTIONS || this == REBALANCE;
    }
  }

  private static final double NS_PER_SECOND = 1e9;

  private final String version;
  private final Settings settings;

  /**
   * @param version of Varve, for the report
   */
  public StoreBench(String version, Settings settings) {
    this.version = version;
    this.settings = settings;
  }

  /**
   * Answers the questions.
   *
   * @throws IllegalArgumentException when the machine has too little memory for one of them
   */
  public Report run(Collection<Part> parts, Progress progress)
      throws IOException, InterruptedException {
    for (Part part : parts) {
      requireMemory(part);
    }
    Machine machine = Machine.here();
    Instant begun = Instant.now();
    List<Report.Section> sections = new ArrayList<>();
    for (Part part : parts) {
      Bench bench = bench(part);
      long begunNs = System.nanoTime();
      List<Figure> figures = bench.run(what -> progress.at(part.text() + ": " + what));
      double seconds = (System.nanoTime() - begunNs) / NS_PER_SECOND;
      sections.add(new Report.Section(part.text(), bench.question(), seconds, figures));
    }
    return new Report(begun, version, machine, settings, sections);
  }

  private Bench bench(Part part) {
    return switch (part) {
      case LOOKUPS -> new LookupBench(settings);
      case UPDATES -> new UpdateBench(settings);
      case GROWTH -> new GrowthBench(settings);
      case OVERHEAD -> new OverheadBench(settings);
      case ROCKSDB -> new RocksDbBench(settings);
      case KAFKA -> new KafkaBench(settings);
      case RESTORE -> new RestoreBench(settings);
      case REBALANCE -> new RebalanceBench(settings);
      case ROCKSDB_OPTIONS -> new RocksDbOptionsBench(settings);
    };
  }

  private void requireMemory(Part part) {
    long needed = bench(part).bytes();
    long available = Machine.availableBytes();
    Check.that(
        needed <= available,
        "memory for " + part.text(),
        new Bytes(needed).toHuman(),
        "at most %s, which is free; ask for fewer --rows"
            .formatted(new Bytes(available).toHuman()));
  }
}
