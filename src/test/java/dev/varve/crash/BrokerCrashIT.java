package dev.varve.crash;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Kills the broker while it ends a transaction: it has decided to commit, and told some of the
 * partitions. Started again it has to tell the others, or what reads only what is committed waits
 * for ever.
 */
@Timeout(300)
class BrokerCrashIT {
  private static final int KILLS = 8;
  private static final int APART_MS = 3;
  private static final int PARTITIONS = 200;
  private static final String TOPIC = "wide";

  /** A machine that is busy may take long to start a broker. */
  private static final int LONGEST_COMMIT_MS = 180_000;

  @Test
  void aTransactionEndsInAllItsPartitions() throws Exception {
    try (var stage = new Stage("broker")) {
      try (Admin admin = stage.admin()) {
        admin.createTopics(List.of(new NewTopic(TOPIC, PARTITIONS, (short) 1))).all().get();
      }
      List<TopicPartition> partitions =
          IntStream.range(0, PARTITIONS).mapToObj(of -> new TopicPartition(TOPIC, of)).toList();
      for (int kill = 0; kill < KILLS; kill++) {
        killWhileCommitting(stage, kill * APART_MS);
        stage.awaitEnded(partitions);
      }
    }
  }

  private static void killWhileCommitting(Stage stage, int afterMs)
      throws IOException, InterruptedException, ExecutionException {
    Map<String, Object> settings =
        Map.of(
            "bootstrap.servers",
            stage.bootstrap(),
            "transactional.id",
            "x",
            "linger.ms",
            20,
            "max.block.ms",
            LONGEST_COMMIT_MS);
    try (var producer =
        new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
      producer.initTransactions();
      producer.beginTransaction();
      for (int partition = 0; partition < PARTITIONS; partition++) {
        var _ = producer.send(new ProducerRecord<>(TOPIC, partition, null, new byte[1]));
      }
      producer.flush();
      var commit = CompletableFuture.runAsync(producer::commitTransaction);
      TimeUnit.MILLISECONDS.sleep(afterMs);
      stage.restartBroker();
      commit.get();
    }
  }
}
