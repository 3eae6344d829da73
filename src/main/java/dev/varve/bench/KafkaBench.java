package dev.varve.bench;

import dev.varve.broker.KafkaConfig;
import dev.varve.cluster.PeerAccess;
import dev.varve.topology.Applications;
import dev.varve.topology.StoreApplication;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * How many row updates a second go through Kafka, exactly once, into the store, broker in the same
 * process? And how many into a key-value store of Kafka Streams with its cache, which does the same
 * work row by row?
 *
 * <p>The log of updates is written first. It begins with an update of every row, which is not
 * counted; what follows is drawn by Zipf's law. Both applications read it, one after the other,
 * with the settings of production; a row counts when the offset behind it is committed.
 */
final class KafkaBench implements Bench {
  /** The key-value store is stopped behind this part of what is counted: it is slow. */
  private static final int PLAIN_SHARE = 4;

  private final Settings settings;
  private final Population population;
  private final List<Figure> figures = new ArrayList<>();

  KafkaBench(Settings settings) {
    this.settings = settings;
    this.population = settings.population(Settings.DIMENSION);
  }

  @Override
  public String question() {
    return "%,d row updates of dimension 16 through Kafka, batches of %d, %,d rows, exactly once"
        .formatted(counted(), settings.batch(), settings.rows());
  }

  @Override
  public long bytes() {
    return 3 * population.bytes();
  }

  private long counted() {
    return (long) settings.rounds() * settings.rows() / 2;
  }

  @Override
  public List<Figure> run(Progress progress) throws IOException, InterruptedException {
    try (var folder = new ScratchFolder(settings.folder());
        var scene = KafkaScene.start(folder.path().resolve("kafka"), KafkaConfig.defaults())) {
      progress.at("writing the log of updates");
      UpdateLog log = send(scene);
      Applications.Config config = StoreSetup.config(settings, scene.config());
      progress.at("the store");
      Figure store = store(scene, log, config, folder.path().resolve("store"));
      progress.at("a key-value store of Kafka Streams");
      Figure plain = plain(scene, log, config, folder.path().resolve("plain"));
      figures.add(
          Figure.of("store / key-value store", Unit.TIMES, store.median() / plain.median())
              .atLeast(5));
    }
    return figures;
  }

  private UpdateLog send(KafkaScene scene) {
    try (var sender = new UpdateSender(scene, settings)) {
      sender.sendAll();
      sender.sendZipf(counted(), settings.zipf());
      UpdateLog log = sender.log();
      figures.add(Figure.of("update batch", Unit.BYTES_PER_ROW, (double) log.bytes() / log.rows()));
      return log;
    }
  }

  private Figure store(KafkaScene scene, UpdateLog log, Applications.Config config, Path state)
      throws InterruptedException {
    var watch = new CommitWatch(scene, scene.topics().storeApplication(), log);
    try (var store = new StoreApplication(config, scene.bootstrap(), PeerAccess.none(), state)) {
      store.start();
      watch.await(log.rows());
      log.check(store.embeddings(), population.rows());
    }
    figures.add(watch.cpu("store, CPU time with the broker's", population.rows()));
    Figure rate = watch.rate("store", population.rows()).atLeast(1.5e6);
    figures.add(rate);
    return rate;
  }

  private Figure plain(KafkaScene scene, UpdateLog log, Applications.Config config, Path state)
      throws InterruptedException {
    var watch = new CommitWatch(scene, PlainApplication.ID, log);
    var plain = new PlainApplication(config, scene.bootstrap(), state);
    try (plain) {
      plain.start();
      watch.await(population.rows() + counted() / PLAIN_SHARE);
    }
    // It commits when it is closed.
    long[] end = scene.committed(PlainApplication.ID);
    UpdateLog.expect("occurrences", plain.occurrences(), log.occurrencesBefore(end));
    figures.add(watch.cpu("key-value store, CPU time with the broker's", population.rows()));
    Figure rate = watch.rate("key-value store", population.rows());
    figures.add(rate);
    return rate;
  }
}
