package dev.varve.bench;

import dev.varve.base.Bytes;
import dev.varve.base.Check;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** {@code varve bench train}: measures learning, a section for each question. */
public final class TrainBench {
  /** What can be asked, in the order in which it is. */
  public enum Part {
    PRODUCTS,
    DLRM,
    FM,
    KAFKA;

    /** As the command line has it. */
    public String text() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private static final double NS_PER_SECOND = 1e9;

  private final String version;
  private final Settings settings;
  private final Map<Integer, Double> reference;

  /**
   * @param version of Varve, for the report
   * @param reference what PyTorch reaches with dlrm, examples per second by size of batch; empty
   *     where it was not asked
   */
  public TrainBench(String version, Settings settings, Map<Integer, Double> reference) {
    this.version = version;
    this.settings = settings;
    this.reference = Map.copyOf(reference);
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
      case PRODUCTS -> new ProductsBench(settings);
      case DLRM -> new DlrmBench(settings, reference);
      case FM -> new FmBench(settings);
      case KAFKA -> new EndToEndBench(settings);
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
