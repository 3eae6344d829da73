package dev.varve.bench;

import dev.varve.base.Check;
import dev.varve.broker.KafkaConfig;
import dev.varve.cluster.PeerAccess;
import dev.varve.layout.RebalanceConfig;
import dev.varve.learn.Optimizer;
import dev.varve.schema.Block;
import dev.varve.schema.Layout;
import dev.varve.store.StreamsEmbeddings;
import dev.varve.topology.Applications;
import dev.varve.topology.StoreApplication;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.ToDoubleFunction;
import org.HdrHistogram.Histogram;

/**
 * How fast do rows follow a layout that moves all of them, and how much longer do lookups take
 * meanwhile? Two clients look up at full speed, and updates flow through Kafka.
 *
 * <p>Every vector that is read is one that its row has had; behind each layout all rows are read;
 * at the end everything was counted once.
 */
final class RebalanceBench implements Bench {
  private static final int READERS = 2;
  private static final int LOOKUP = 32;
  private static final int DRAWN = 1 << 22;

  /** Rows for each one that is updated in a second. */
  private static final int ROWS_PER_UPDATE = 50;

  private static final long POLL_MS = 1;
  private static final long LONGEST_SWEEP_NS = TimeUnit.MINUTES.toNanos(5);
  private static final double GOAL_RATIO = 2;
  private static final double GOAL_MOVES = 200_000;
  private static final double GOAL_STEP_MS = 5;

  /** What moves all rows, in this order, so that each begins where the one before ended. */
  private enum Move {
    HALF("16 to 8"),
    BACK("8 to 16"),
    MIXED("16 to 4, 8 and 16"),
    BACK_FROM_MIXED("4, 8 and 16 to 16");

    private final String text;

    Move(String text) {
      this.text = text;
    }

    /** Its blocks; of a mix half of the rows have dimension 4, and a fifth 16, or nearly. */
    List<Block> blocks(UpdateSender sender) {
      return switch (this) {
        case HALF -> List.of(block(KnownRows.HALF, 0));
        case BACK, BACK_FROM_MIXED -> List.of(block(KnownRows.WIDTH, 0));
        case MIXED -> {
          // What has decayed is little, and far from half an occurrence.
          double half = sender.occurrences(0.5) + 0.5;
          double fifth = Math.max(half + 1, sender.occurrences(0.8) + 0.5);
          yield List.of(
              block(KnownRows.QUARTER, 0),
              block(KnownRows.HALF, half),
              block(KnownRows.WIDTH, fifth));
        }
      };
    }

    private static Block block(int dimension, double threshold) {
      return Block.newBuilder().setDimension(dimension).setThreshold(threshold).build();
    }
  }

  /**
   * What a move was measured to take.
   *
   * @param p50 of lookups, microseconds
   * @param p99 of lookups, microseconds
   * @param ratio of their p99 to the one just before
   * @param moves a second, from when the first shard had the layout until lookups saw all rows
   *     follow it
   * @param stored the same until all followed it on disk too
   * @param waited seconds from when Kafka had the layout until the first shard had it
   */
  private record Measure(
      double p50, double p99, double ratio, double moves, double stored, double waited) {}

  private final Settings settings;
  private final Population population;
  private final Map<Move, List<Measure>> measures = new EnumMap<>(Move.class);
  private final List<Histogram> quiet = new ArrayList<>();
  private final List<Figure> figures = new ArrayList<>();
  private long version = 1;

  RebalanceBench(Settings settings) {
    this.settings = settings;
    this.population = settings.population(Settings.DIMENSION);
    for (Move move : Move.values()) {
      measures.put(move, new ArrayList<>());
    }
  }

  @Override
  public String question() {
    return ("%,d rows that follow layouts while %d clients look up batches of %d and %,d rows/s are"
            + " updated")
        .formatted(settings.rows(), READERS, LOOKUP, settings.rows() / ROWS_PER_UPDATE);
  }

  @Override
  public long bytes() {
    return 5 * population.bytes();
  }

  @Override
  public List<Figure> run(Progress progress) throws IOException, InterruptedException {
    try (var folder = new ScratchFolder(settings.folder());
        var scene = KafkaScene.start(folder.path().resolve("kafka"), KafkaConfig.defaults())) {
      Applications.Config config = StoreSetup.config(settings, scene.config());
      progress.at("computing what rows should be");
      var known =
          new KnownRows(population, Optimizer.of(config.optimizer(), config.model().seed()));
      try (var sender = new UpdateSender(scene, settings, known);
          var store =
              new StoreApplication(
                  config, scene.bootstrap(), PeerAccess.none(), folder.path().resolve("store"))) {
        progress.at("filling the store");
        sender.sendAll();
        known.becomeStill();
        store.start();
        var watch = new CommitWatch(scene, scene.topics().storeApplication(), sender.log());
        watch.await(sender.log().rows());
        measure(store.embeddings(), sender, known, progress);
        progress.at("counting");
        watch.await(sender.log().rows());
        sender.log().check(store.embeddings(), population.rows());
      }
    }
    return figures;
  }

  private void measure(
      StreamsEmbeddings embeddings, UpdateSender sender, KnownRows known, Progress progress)
      throws InterruptedException {
    int[] numbers = known.draw(DRAWN, settings.zipf(), settings.seed());
    try (var flow = new UpdateFlow(sender, settings.zipf(), settings.rows() / ROWS_PER_UPDATE);
        var one = new CheckedReader(embeddings, known, numbers, 0, LOOKUP);
        var other = new CheckedReader(embeddings, known, numbers, DRAWN / READERS, LOOKUP);
        var steps = SweepSteps.record()) {
      var readers = List.of(one, other);
      var on = new On(embeddings, sender, flow, known, readers);
      progress.at("warming up");
      on.measure(Move.HALF, false);
      on.measure(Move.BACK, false);
      for (int round = 1; round <= settings.rounds(); round++) {
        for (Move move : Move.values()) {
          progress.at(move.text + ", " + round);
          on.measure(move, true);
        }
      }
      report(steps.stop(), readers);
    }
  }

  private final class On {
    private final StreamsEmbeddings embeddings;
    private final UpdateSender sender;
    private final UpdateFlow flow;
    private final KnownRows known;
    private final List<CheckedReader> readers;
    private long widest;

    On(
        StreamsEmbeddings embeddings,
        UpdateSender sender,
        UpdateFlow flow,
        KnownRows known,
        List<CheckedReader> readers) {
      this.embeddings = embeddings;
      this.sender = sender;
      this.flow = flow;
      this.known = known;
      this.readers = readers;
      this.widest = known.readAll(embeddings, false)[2];
    }

    /** Moves all rows, behind a quiet time; a move that does not count only warms up. */
    void measure(Move move, boolean counts) throws InterruptedException {
      awaitApplied();
      took();
      TimeUnit.NANOSECONDS.sleep(settings.round().toNanos());
      Histogram before = took();
      send(move.blocks(sender));
      double waited = await(embeddings::layoutVersion);
      double served = await(embeddings::servedVersion);
      double stored = served + await(embeddings::sweptVersion);
      Histogram during = took();
      long moves = moves(move);
      if (counts) {
        quiet.add(before);
        double p99 = micros(during, 99);
        var measure =
            new Measure(
                micros(during, 50),
                p99,
                p99 / micros(before, 99),
                moves / served,
                moves / stored,
                waited);
        Objects.requireNonNull(measures.get(move)).add(measure);
      }
    }

    /** Waits until the shards have what was sent until now: none lags behind another. */
    private void awaitApplied() throws InterruptedException {
      long batches = sender.batches();
      long begun = System.nanoTime();
      while (embeddings.examples() < batches) {
        sleepUnlessLate(begun);
      }
    }

    private void sleepUnlessLate(long begun) throws InterruptedException {
      if (System.nanoTime() - begun > LONGEST_SWEEP_NS) {
        throw new IllegalStateException("sweep: none in 5 min (expected: an end)");
      }
      TimeUnit.MILLISECONDS.sleep(POLL_MS);
    }

    private Histogram took() {
      Histogram all = readers.getFirst().took();
      readers.stream().skip(1).forEach(reader -> all.add(reader.took()));
      return all;
    }

    private void send(List<Block> blocks) {
      version++;
      flow.send(
          Layout.newBuilder()
              .setVersion(version)
              .setBaseDimension(KnownRows.WIDTH)
              .addAllDefaultBlocks(blocks)
              .setKeepMs(RebalanceConfig.defaults().keep().toMillis())
              .setReason("bench")
              .build());
    }

    /** Waits until something is at the newest layout; gives how long, seconds. */
    private double await(LongSupplier at) throws InterruptedException {
      long begun = System.nanoTime();
      while (at.getAsLong() < version) {
        sleepUnlessLate(begun);
      }
      return (System.nanoTime() - begun) / 1e9;
    }

    /** Rows that have moved; reads all of them, and compares them with what the store says. */
    private long moves(Move move) {
      long[] counts = known.readAll(embeddings, move == Move.MIXED);
      long before = widest;
      widest = counts[2];
      long all = population.rows();
      boolean isRight =
          switch (move) {
            case HALF -> counts[1] == all;
            case BACK, BACK_FROM_MIXED -> counts[2] == all;
            case MIXED -> counts[0] > 0 && counts[2] > 0;
          };
      if (!isRight) {
        throw new IllegalStateException(
            Check.message("rows of dimension 4, 8, 16", Arrays.toString(counts), move.text));
      }
      return all - Math.min(before, widest);
    }
  }

  private void report(List<SweepSteps.Step> steps, List<CheckedReader> readers) {
    double[] rates =
        quiet.stream()
            .mapToDouble(of -> LOOKUP * of.getTotalCount() * 1e9 / settings.round().toNanos())
            .toArray();
    figures.add(Figure.of("both clients, quiet", Unit.ROWS_PER_SECOND, rates));
    figures.add(Figure.of("a lookup, quiet: p50", Unit.MICROSECONDS, quiet(50)));
    figures.add(Figure.of("a lookup, quiet: p99", Unit.MICROSECONDS, quiet(99)));
    measures.forEach((move, of) -> report(move.text + ": ", of));
    report(steps);
    long checked = readers.stream().mapToLong(CheckedReader::checked).sum();
    figures.add(Figure.of("vectors read, all of them right", Unit.ROWS, (double) checked));
  }

  private static double micros(Histogram of, double percentile) {
    return of.getValueAtPercentile(percentile) / 1e3;
  }

  private double[] quiet(double percentile) {
    return quiet.stream().mapToDouble(of -> micros(of, percentile)).toArray();
  }

  private void report(String name, List<Measure> of) {
    add(name + "p50", Unit.MICROSECONDS, of, Measure::p50);
    add(name + "p99", Unit.MICROSECONDS, of, Measure::p99);
    figures.add(figure(name + "p99 / quiet", Unit.TIMES, of, Measure::ratio).atMost(GOAL_RATIO));
    add(name + "wait for the layout", Unit.SECONDS, of, Measure::waited);
    figures.add(
        figure(name + "moves", Unit.ROWS_PER_SECOND, of, Measure::moves).atLeast(GOAL_MOVES));
    add(name + "moves, on disk too", Unit.ROWS_PER_SECOND, of, Measure::stored);
  }

  private void add(String name, Unit unit, List<Measure> of, ToDoubleFunction<Measure> what) {
    figures.add(figure(name, unit, of, what));
  }

  private static Figure figure(
      String name, Unit unit, List<Measure> of, ToDoubleFunction<Measure> what) {
    return Figure.of(name, unit, of.stream().mapToDouble(what).toArray());
  }

  private void report(List<SweepSteps.Step> steps) {
    double[] ms = steps.stream().mapToDouble(SweepSteps.Step::ms).toArray();
    double cpuMs = steps.stream().mapToDouble(SweepSteps.Step::cpuMs).sum();
    long moves = steps.stream().mapToLong(SweepSteps.Step::moves).sum();
    figures.add(Figure.of("steps of sweeps", Unit.ROWS, (double) steps.size()));
    figures.add(Figure.of("moves by a step's CPU time", Unit.ROWS_PER_SECOND, moves * 1e3 / cpuMs));
    figures.add(Figure.of("a step, median", Unit.MILLISECONDS, Figure.median(ms)));
    figures.add(
        Figure.of(
            "the longest step, by the clock",
            Unit.MILLISECONDS,
            SweepSteps.longest(steps, SweepSteps.Step::ms)));
    figures.add(
        Figure.of(
            "99.9 % of the steps, by CPU time: at most",
            Unit.MILLISECONDS, SweepSteps.longestOfMost(steps, SweepSteps.Step::cpuMs)));
    figures.add(
        Figure.of(
                "the longest step, by CPU time",
                Unit.MILLISECONDS,
                SweepSteps.longest(steps, SweepSteps.Step::cpuMs))
            .atMost(GOAL_STEP_MS));
    SweepSteps.longestByStage(steps)
        .forEach(
            (stage, longestMs) ->
                figures.add(
                    Figure.of(
                        "the longest step that began with " + stage + ", by CPU time",
                        Unit.MILLISECONDS,
                        longestMs)));
    long over = steps.stream().filter(step -> step.cpuMs() > GOAL_STEP_MS).count();
    figures.add(Figure.of("steps over 5 ms of CPU time", Unit.ROWS, (double) over));
  }
}
