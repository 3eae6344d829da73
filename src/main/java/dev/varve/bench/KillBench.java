package dev.varve.bench;

import dev.varve.base.Check;
import dev.varve.broker.EmbeddedBroker;
import dev.varve.broker.KafkaConfig;
import dev.varve.schema.Example;
import dev.varve.schema.Feature;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * {@code varve up} with default settings in a process of its own, killed as {@code kill -9} does
 * when all rows are in it: how long until it serves again, and until it has learned an example?
 */
final class KillBench {
  private static final long POLL_MS = 10;

  private final Settings settings;
  private final Path folder;

  KillBench(Settings settings, Path folder) {
    this.settings = settings;
    this.folder = folder;
  }

  void run(List<Figure> figures, Progress progress) throws IOException, InterruptedException {
    int port = EmbeddedBroker.freePort();
    KafkaConfig config = KafkaConfig.defaults();
    try (var varve = new VarveProcess(folder, port)) {
      progress.at("starting a process");
      varve.start();
      varve.awaitReady();
      try (var scene = KafkaScene.of("127.0.0.1:" + port, config)) {
        progress.at("filling the process");
        fill(scene);
      }
      progress.at("killing the process");
      long killedNs = System.nanoTime();
      varve.kill();
      varve.start();
      varve.awaitLive();
      figures.add(since(killedNs, "from kill -9 until its port answers"));
      varve.awaitReady();
      figures.add(since(killedNs, "from kill -9 until it serves"));
      try (var scene = KafkaScene.of("127.0.0.1:" + port, config)) {
        learn(scene);
      }
      figures.add(since(killedNs, "from kill -9 until it has learned"));
    }
  }

  private static Figure since(long ns, String name) {
    return Figure.of(name, Unit.SECONDS, (System.nanoTime() - ns) / 1e9);
  }

  private void fill(KafkaScene scene) throws InterruptedException {
    try (var sender = new UpdateSender(scene, settings)) {
      sender.sendAll();
      String group = scene.topics().storeApplication();
      new CommitWatch(scene, group, sender.log()).await(sender.log().rows());
    }
  }

  /** Sends an example and waits until it is learned for good. */
  private static void learn(KafkaScene scene) throws InterruptedException {
    byte[] example =
        Example.newBuilder()
            .setEventTimeMs(Population.BEGIN_MS)
            .setLabel(1)
            .addFeatures(Feature.newBuilder().setName(UpdateSender.TABLE).addIds("1"))
            .build()
            .toByteArray();
    try (var producer =
        new KafkaProducer<>(
            Map.<String, Object>of("bootstrap.servers", scene.bootstrap()),
            new ByteArraySerializer(),
            new ByteArraySerializer())) {
      var _ = producer.send(new ProducerRecord<>(scene.topics().examples(), example));
      producer.flush();
    }
    String group = scene.topics().learnApplication();
    int partitions = scene.config().partitions();
    long deadline = System.nanoTime() + TimeUnit.MINUTES.toNanos(1);
    while (Arrays.stream(scene.committed(group, scene.topics().examples(), partitions)).sum() < 1) {
      if (System.nanoTime() > deadline) {
        throw new IllegalStateException(
            Check.message("example", "waiting for a minute", "learned"));
      }
      TimeUnit.MILLISECONDS.sleep(POLL_MS);
    }
  }
}
