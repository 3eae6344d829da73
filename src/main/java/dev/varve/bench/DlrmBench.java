package dev.varve.bench;

import dev.varve.learn.ModelConfig;
import dev.varve.learn.ModelConfig.BasisKind;
import dev.varve.learn.ModelConfig.HeadKind;
import dev.varve.learn.OptimizerKind;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * How many examples per second do two trainers learn with the head dlrm in one process, without
 * Kafka, and how many does PyTorch?
 */
final class DlrmBench implements Bench {
  private static final int TRAINERS = 2;

  private static final List<Compared> COMPARED =
      List.of(new Compared(128, 2), new Compared(2048, 1.6));

  /**
   * A size of micro-batches.
   *
   * @param times as fast as PyTorch Varve wants to be
   */
  private record Compared(int batch, double times) {}

  private final Settings settings;
  private final Map<Integer, Double> reference;

  /**
   * @param reference what PyTorch reaches on this machine, examples per second by size of batch;
   *     empty where it was not asked
   */
  DlrmBench(Settings settings, Map<Integer, Double> reference) {
    this.settings = settings;
    this.reference = reference;
  }

  @Override
  public String question() {
    return "learning with dlrm 13-512-256-64-16, 367-512-256-1, 26 tables of at most %,d rows of"
            .formatted(settings.rows())
        + " dimension 16, AdaGrad, %d trainers".formatted(TRAINERS);
  }

  @Override
  public long bytes() {
    return TrainScene.bytes(settings, OptimizerKind.ADAGRAD);
  }

  @Override
  public List<Figure> run(Progress progress) throws InterruptedException {
    var model =
        new ModelConfig(
            Settings.DIMENSION,
            HeadKind.DLRM,
            List.of(512, 256, 64),
            List.of(512, 256),
            BasisKind.IDENTITY,
            settings.seed());
    List<Figure> figures = new ArrayList<>();
    progress.at("making rows");
    try (var scene = new TrainScene(settings, OptimizerKind.ADAGRAD, TRAINERS)) {
      for (Compared compared : COMPARED) {
        int batch = compared.batch;
        progress.at("micro-batches of " + batch);
        List<TrainWork> works = scene.works(model, TRAINERS, batch, true);
        Figure figure =
            new SideBySide(settings)
                .measure(works)
                .examplesPerSecond("examples, micro-batches of %,d".formatted(batch));
        figures.add(figure);
        Double other = reference.get(batch);
        if (other != null) {
          figures.add(Figure.of("  PyTorch", Unit.EXAMPLES_PER_SECOND, other));
          figures.add(
              Figure.of("  times PyTorch", Unit.TIMES, figure.median() / other)
                  .atLeast(compared.times));
        }
      }
    }
    return figures;
  }
}
