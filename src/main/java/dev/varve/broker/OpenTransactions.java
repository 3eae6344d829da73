package dev.varve.broker;

import dev.varve.base.Check;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.ListTransactionsOptions;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.ProducerState;
import org.apache.kafka.clients.admin.TransactionListing;
import org.apache.kafka.clients.admin.TransactionState;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;

/**
 * Finds the partitions of one Varve in which a transaction does not end: what reads only committed
 * records, a restore for example, waits there.
 *
 * <p><b>Threads:</b> one at a time.
 */
public final class OpenTransactions {
  private static final int REQUEST_MS = 10_000;
  private static final String ENDS = "its end, by its producer or by transaction.timeout.ms";

  /** Topic, partition and offset follow. */
  private static final String LOST =
      "its end, but the brokers lost that (KAFKA-20734); its records are given up by"
          + " kafka-transactions.sh abort --topic %s --partition %d --start-offset %d";

  private final Map<String, Object> settings;
  private final String prefix;

  /** Where what is committed ended when it was looked last, of partitions with more behind it. */
  private Map<TopicPartition, Long> before = Map.of();

  /**
   * @param bootstrap the brokers
   */
  public OpenTransactions(KafkaConfig config, String bootstrap) {
    this.settings = new HashMap<>(config.properties());
    settings.put("bootstrap.servers", bootstrap);
    settings.put("default.api.timeout.ms", REQUEST_MS);
    settings.put("request.timeout.ms", REQUEST_MS);
    this.prefix = config.prefix();
  }

  /**
   * Looks for transactions that are open now, and were at the last call.
   *
   * @return a message for each; empty at the first call
   * @throws KafkaException when the brokers do not answer
   */
  public List<String> find() throws InterruptedException {
    try (Admin admin = Admin.create(settings)) {
      Map<TopicPartition, OffsetSpec> latest = partitions(admin);
      Map<TopicPartition, Long> stable = ends(admin, latest, IsolationLevel.READ_COMMITTED);
      Map<TopicPartition, Long> ends = ends(admin, latest, IsolationLevel.READ_UNCOMMITTED);
      stable.entrySet().removeIf(of -> of.getValue() >= ends.getOrDefault(of.getKey(), 0L));
      var messages = new ArrayList<String>();
      for (Map.Entry<TopicPartition, Long> of : stable.entrySet()) {
        if (of.getValue().equals(before.get(of.getKey()))) {
          long end = Objects.requireNonNull(ends.get(of.getKey()));
          TransactionState state = state(admin, of.getKey(), of.getValue());
          messages.add(message(of.getKey(), of.getValue(), end, state));
        }
      }
      before = stable;
      return messages;
    } catch (ExecutionException e) {
      throw new KafkaException("open transactions: could not be looked for", e.getCause());
    }
  }

  private Map<TopicPartition, OffsetSpec> partitions(Admin admin)
      throws InterruptedException, ExecutionException {
    Collection<String> names =
        admin.listTopics().names().get().stream()
            .filter(name -> name.startsWith(prefix + ".") || name.startsWith(prefix + "-"))
            .toList();
    Map<TopicPartition, OffsetSpec> partitions = new HashMap<>();
    admin
        .describeTopics(names)
        .allTopicNames()
        .get()
        .forEach(
            (name, topic) ->
                topic
                    .partitions()
                    .forEach(
                        of ->
                            partitions.put(
                                new TopicPartition(name, of.partition()), OffsetSpec.latest())));
    return partitions;
  }

  private static Map<TopicPartition, Long> ends(
      Admin admin, Map<TopicPartition, OffsetSpec> latest, IsolationLevel level)
      throws InterruptedException, ExecutionException {
    var ends = new TreeMap<TopicPartition, Long>((a, b) -> a.toString().compareTo(b.toString()));
    admin
        .listOffsets(latest, new ListOffsetsOptions(level))
        .all()
        .get()
        .forEach((of, end) -> ends.put(of, end.offset()));
    return ends;
  }

  /** What the coordinator of the transaction that a partition has open says of it. */
  private static TransactionState state(Admin admin, TopicPartition partition, long start)
      throws InterruptedException, ExecutionException {
    List<ProducerState> producers =
        admin
            .describeProducers(List.of(partition))
            .partitionResult(partition)
            .get()
            .activeProducers();
    for (ProducerState producer : producers) {
      if (producer.currentTransactionStartOffset().orElse(-1) == start) {
        var of = new ListTransactionsOptions().filterProducerIds(List.of(producer.producerId()));
        return admin.listTransactions(of).all().get().stream()
            .map(TransactionListing::state)
            .findFirst()
            .orElse(TransactionState.EMPTY);
      }
    }
    return TransactionState.UNKNOWN;
  }

  static String message(TopicPartition partition, long start, long end, TransactionState state) {
    boolean isEnding =
        switch (state) {
          case ONGOING, PREPARE_COMMIT, PREPARE_ABORT, PREPARE_EPOCH_FENCE, UNKNOWN -> true;
          case EMPTY, COMPLETE_COMMIT, COMPLETE_ABORT -> false;
        };
    String rule = isEnding ? ENDS : LOST;
    return Check.message(
        partition.toString(),
        "a transaction is open from offset %d to %d, and %s to its coordinator"
            .formatted(start, end, state),
        rule.formatted(partition.topic(), partition.partition(), start));
  }
}
