package dev.varve.bench;

import dev.varve.learn.DenseReplica;
import dev.varve.learn.InFlight;
import dev.varve.learn.ModelConfig;
import dev.varve.learn.Optimizer;
import dev.varve.learn.OptimizerConfig;
import dev.varve.learn.OptimizerKind;
import dev.varve.learn.Trainer;
import java.util.ArrayList;
import java.util.List;

/** Tables that are all in memory, and trainers that learn them in this process. */
final class TrainScene implements AutoCloseable {
  /** Enough that what a thread draws has left every cache when it comes again. */
  static final int DRAWN = 1 << 16;

  private static final int WIDTH = Settings.DIMENSION;

  private final int shards;
  private final CriteoExamples examples;
  private final Optimizer optimizer;
  private final TrainedRows rows;

  /**
   * @param shards as many as trainers, at least
   */
  TrainScene(Settings settings, OptimizerKind kind, int shards) {
    this.shards = shards;
    this.examples = new CriteoExamples(settings.rows(), settings.zipf(), settings.seed());
    this.optimizer = optimizer(kind, settings.seed());
    this.rows = new TrainedRows(shards, optimizer, examples.names(), examples.categories());
  }

  private static Optimizer optimizer(OptimizerKind kind, long seed) {
    return Optimizer.of(OptimizerConfig.defaults().with(kind), seed);
  }

  /** Bytes of the tables. */
  static long bytes(Settings settings, OptimizerKind kind) {
    return TrainedRows.bytes(
        CriteoExamples.rows(settings.rows()), optimizer(kind, settings.seed()));
  }

  /** What so many trainers do, side by side, with micro-batches of this size. */
  List<TrainWork> works(ModelConfig model, int trainers, int batch, boolean withNumericals) {
    var shared =
        new Trainer.Shared(
            examples.features(),
            rows,
            new InFlight(optimizer.encoding().stateLength(WIDTH), 1),
            new DenseReplica(optimizer.dense()),
            optimizer,
            model);
    List<TrainWork> works = new ArrayList<>();
    for (int i = 0; i < trainers; i++) {
      var trainer = new Trainer(i, shards, WIDTH, shared);
      works.add(new TrainWork(trainer, rows, examples.draw(DRAWN, withNumericals, i), batch));
    }
    return works;
  }

  @Override
  public void close() {
    rows.close();
  }
}
