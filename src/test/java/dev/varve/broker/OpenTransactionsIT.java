package dev.varve.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.TransactionState;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Transactions that do not end, as a real broker tells of them. */
class OpenTransactionsIT {
  private static final KafkaConfig CONFIG = KafkaConfig.defaults();

  @TempDir private Path folder;

  @Test
  void findsWhatStaysOpenUntilItEnds() throws Exception {
    var topics = new Topics(CONFIG);
    try (var broker = EmbeddedBroker.start(folder, EmbeddedBroker.freePort())) {
      try (Admin admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrap()))) {
        new TopicSetup(admin, topics).create();
      }
      Map<String, Object> settings =
          Map.of("bootstrap.servers", broker.bootstrap(), "transactional.id", "x");
      var open = new OpenTransactions(CONFIG, broker.bootstrap());
      try (var producer =
          new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
        producer.initTransactions();
        producer.beginTransaction();
        producer.send(new ProducerRecord<>(topics.deadLetters(), new byte[1])).get();
        producer.commitTransaction();
        producer.beginTransaction();
        producer.send(new ProducerRecord<>(topics.deadLetters(), new byte[1])).get();

        List<String> first = open.find();
        List<String> second = open.find();
        producer.commitTransaction();
        List<String> behind = open.find();

        assertThat(first).as("it may be about to end").isEmpty();
        assertThat(second)
            .containsExactly(
                "varve.dead-letters-0: a transaction is open from offset 2 to 3, and Ongoing to its"
                    + " coordinator (expected: its end, by its producer or by"
                    + " transaction.timeout.ms)");
        assertThat(behind).isEmpty();
      }
    }
  }

  @Test
  void saysWhatToDoWhenTheBrokersHaveLostTheEnd() {
    var partition = new TopicPartition("varve.updates", 3);

    String message = OpenTransactions.message(partition, 7, 9, TransactionState.COMPLETE_COMMIT);

    assertThat(message)
        .startsWith("varve.updates-3: a transaction is open from offset 7 to 9, and CompleteCommit")
        .contains("kafka-transactions.sh abort --topic varve.updates --partition 3")
        .contains("--start-offset 7");
  }

  @Test
  void brokersThatDoNotAnswerAreNamed() throws Exception {
    int port = EmbeddedBroker.freePort();
    var open = new OpenTransactions(CONFIG, "127.0.0.1:" + port);

    assertThatThrownBy(open::find)
        .isInstanceOf(KafkaException.class)
        .hasMessage("open transactions: could not be looked for");
  }
}
