package dev.varve.bench;

import dev.varve.broker.KafkaConfig;
import dev.varve.cluster.PeerAccess;
import dev.varve.topology.Applications;
import dev.varve.topology.Restored;
import dev.varve.topology.StoreApplication;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * How fast does a store that has lost its files read its rows again from the changelog? Does one
 * that was stopped cleanly read nothing again? And how long is Varve away when it is killed?
 */
final class RestoreBench implements Bench {
  /** One takes seconds, and they are alike. */
  private static final int MOST_ROUNDS = 3;

  private final Settings settings;
  private final List<Figure> figures = new ArrayList<>();

  RestoreBench(Settings settings) {
    this.settings = settings;
  }

  @Override
  public String question() {
    return "%,d rows of dimension 16 that come back after a stop, a loss, a kill"
        .formatted(settings.rows());
  }

  @Override
  public long bytes() {
    return 2 * settings.population(Settings.DIMENSION).bytes();
  }

  @Override
  public List<Figure> run(Progress progress) throws IOException, InterruptedException {
    try (var folder = new ScratchFolder(settings.folder())) {
      try (var scene = KafkaScene.start(folder.path().resolve("kafka"), KafkaConfig.defaults())) {
        stopAndLoss(scene, folder.path().resolve("state"), progress);
      }
      new KillBench(settings, folder.path().resolve("killed")).run(figures, progress);
    }
    return figures;
  }

  private void stopAndLoss(KafkaScene scene, Path state, Progress progress)
      throws IOException, InterruptedException {
    Applications.Config config = StoreSetup.config(settings, scene.config());
    progress.at("filling the store");
    UpdateLog log = fill(scene, config, state);
    progress.at("after a clean stop");
    var store = new StoreApplication(config, scene.bootstrap(), PeerAccess.none(), state);
    figures.add(
        Figure.of(
                "after a clean stop: records restored",
                Unit.ROWS,
                (double) start(store, log).records())
            .atMost(0));
    int rounds = Math.min(settings.rounds(), MOST_ROUNDS);
    double[] rates = new double[rounds];
    for (int i = 0; i < rounds; i++) {
      progress.at("after the loss of all files, " + (i + 1));
      ScratchFolder.delete(state);
      Restored restored =
          start(new StoreApplication(config, scene.bootstrap(), PeerAccess.none(), state), log);
      rates[i] = 1e9 * restored.records() / restored.took().toNanos();
    }
    figures.add(
        Figure.of("after the loss of all files", Unit.ROWS_PER_SECOND, rates).atLeast(500_000));
  }

  private UpdateLog fill(KafkaScene scene, Applications.Config config, Path state)
      throws InterruptedException {
    try (var sender = new UpdateSender(scene, settings);
        var store = new StoreApplication(config, scene.bootstrap(), PeerAccess.none(), state)) {
      sender.sendAll();
      store.start();
      String group = scene.topics().storeApplication();
      new CommitWatch(scene, group, sender.log()).await(sender.log().rows());
      return sender.log();
    }
  }

  /** Starts it, sees that all rows are there, stops it cleanly. */
  private Restored start(StoreApplication store, UpdateLog log) throws InterruptedException {
    try (store) {
      store.start();
      log.check(store.embeddings(), settings.rows());
      return store.restored();
    }
  }
}
