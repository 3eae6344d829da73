package dev.varve.bench;

import dev.varve.learn.ModelConfig;
import dev.varve.learn.ModelConfig.BasisKind;
import dev.varve.learn.ModelConfig.HeadKind;
import dev.varve.learn.OptimizerKind;
import java.util.ArrayList;
import java.util.List;

/**
 * How many examples per second do trainers learn with the head fm in one process? And how many does
 * a bare loop on this machine?
 */
final class FmBench implements Bench {
  private static final int TRAINERS = 2;

  private final Settings settings;

  FmBench(Settings settings) {
    this.settings = settings;
  }

  @Override
  public String question() {
    return "learning with fm, 26 tables of at most %,d rows of dimension 16, micro-batches of %,d"
        .formatted(settings.rows(), settings.batch());
  }

  @Override
  public long bytes() {
    return TrainScene.bytes(settings, OptimizerKind.ADAGRAD);
  }

  private static ModelConfig model(BasisKind basis, long seed) {
    ModelConfig usual = ModelConfig.defaults();
    return new ModelConfig(
        Settings.DIMENSION, HeadKind.FM, usual.bottom(), usual.top(), basis, seed);
  }

  @Override
  public List<Figure> run(Progress progress) throws InterruptedException {
    List<Figure> figures = new ArrayList<>();
    Figure bare = bare(progress);
    figures.add(bare);
    progress.at("making rows, rowwise");
    try (var scene = new TrainScene(settings, OptimizerKind.ROWWISE_ADAGRAD, TRAINERS)) {
      Figure one = measure(scene, BasisKind.IDENTITY, 1, "rowwise AdaGrad, 1 trainer", progress);
      figures.add(one.atLeast(700e3));
      figures.add(
          Figure.of("rowwise AdaGrad / bare loop", Unit.TIMES, one.median() / bare.median()));
      figures.add(measure(scene, BasisKind.IDENTITY, 2, "rowwise AdaGrad, 2 trainers", progress));
    }
    progress.at("making rows");
    try (var scene = new TrainScene(settings, OptimizerKind.ADAGRAD, TRAINERS)) {
      figures.add(measure(scene, BasisKind.IDENTITY, 1, "AdaGrad, 1 trainer", progress));
      figures.add(
          measure(scene, BasisKind.LEARNED, 1, "AdaGrad, learned bases, 1 trainer", progress));
    }
    return figures;
  }

  private Figure bare(Progress progress) throws InterruptedException {
    progress.at("a bare loop");
    var examples = new CriteoExamples(settings.rows(), settings.zipf(), settings.seed());
    try (var bare = new BareFm(examples, TrainScene.DRAWN, settings.seed())) {
      return new SideBySide(settings)
          .measure(List.of(bare))
          .examplesPerSecond("examples, bare loop with SGD");
    }
  }

  private Figure measure(
      TrainScene scene, BasisKind basis, int trainers, String how, Progress progress)
      throws InterruptedException {
    progress.at(how);
    List<TrainWork> works =
        scene.works(model(basis, settings.seed()), trainers, settings.batch(), false);
    return new SideBySide(settings).measure(works).examplesPerSecond("examples, " + how);
  }
}
