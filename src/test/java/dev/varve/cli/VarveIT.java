package dev.varve.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.varve.broker.DeadLetter;
import dev.varve.broker.KafkaConfig;
import dev.varve.broker.Topics;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole of Varve, as its users run it: real processes, the real broker, real kills. */
class VarveIT {
  private static final Topics TOPICS = new Topics(KafkaConfig.defaults());
  private static final String GOOD =
      """
      {"event_time_ms": 1700000000000, "label": 1, "features": [
        {"name": "user", "ids": ["u1"]}, {"name": "tags", "ids": ["a", "b"]},
        {"name": "price", "value": 3.5}]}\
      """;

  @TempDir Path folder;

  @Test
  void learnsALogAndServesTheSameVectorsAfterARestart() throws Exception {
    VarveProcess.Home home = VarveProcess.Home.in(folder);
    Path log = generate("log.csv.zst", 20_000);
    List<String> before;
    try (VarveProcess varve = VarveProcess.up(home)) {
      JsonNode learned = replay(varve, log);
      assertThat(learned.path("examples").asLong()).isEqualTo(20_000);
      assertThat(learned.path("rejected").asLong()).isZero();
      assertThat(learned.path("logLoss").asDouble()).isBetween(0.45, 0.68);
      assertThat(learned.path("auc").asDouble()).isBetween(0.55, 0.95);
      assertThat(learned.path("examplesPerSecond").asDouble()).isPositive();
      assertCounted(varve, 20_000);
      assertThat(ask(varve, "top", "c0").path("categories")).hasSize(20);
      assertThat(ask(varve, "rebalance", "status").path("layout_version").asLong()).isEqualTo(1);
      assertFollowed(varve, 13 * 20_000);
      before = lookUp(varve);
      assertThat(before).anyMatch(line -> line.contains("\"row\""));
      assertThat(before).anyMatch(line -> line.contains("\"unknown\""));
      assertThat(varve.stop()).as("stopped within ten seconds").isTrue();
    }
    try (VarveProcess varve = VarveProcess.up(home)) {
      assertThat(lookUp(varve)).isEqualTo(before);
      assertCounted(varve, 20_000);
      replay(varve, log);
      assertCounted(varve, 40_000);
      assertThat(lookUp(varve)).isNotEqualTo(before);
    }
  }

  /** A log of seconds has no next hour: nothing is judged, and every occurrence is told. */
  private static void assertFollowed(VarveProcess varve, long occurrences) throws IOException {
    JsonNode followed = ask(varve, "bench", "follow", "--warm-up", "0s");
    assertThat(followed.path("judged").asLong()).isZero();
    assertThat(followed.path("unjudged").asLong()).isEqualTo(occurrences);
    assertThat(followed.path("late").asLong()).isZero();
    assertThat(followed.path("tables").size()).isEqualTo(13);
  }

  /** With perceptrons, so that kills come between versions of a dense model too. */
  @Test
  void learnsEveryExampleOnceWhenItIsKilledInTheMiddle() throws Exception {
    VarveProcess.Home home = VarveProcess.Home.in(folder);
    Path log = generate("log.csv.zst", 60_000);
    String[] head = {"--set", "model.head=dlrm"};
    VarveProcess varve = VarveProcess.up(home, head);
    try {
      String server = varve.http();
      var replay =
          new FutureTask<>(
              () ->
                  CommandRun.of(
                      "replay",
                      log.toString(),
                      "--as",
                      "generated",
                      "--wait",
                      "--json",
                      "--rate",
                      "8000",
                      "--server",
                      server));
      Thread.ofPlatform().name("replay").start(replay);
      for (int kill = 0; kill < 3; kill++) {
        varve.awaitExamples(1 + kill * 15_000L);
        varve.kill();
        varve = VarveProcess.up(home, head);
      }
      CommandRun run = replay.get(5, TimeUnit.MINUTES);
      assertThat(run.exitCode()).as(run.err()).isZero();
      JsonNode learned = lastLine(run.out());
      assertThat(learned.path("examples").asLong()).isEqualTo(60_000);
      assertThat(learned.path("logLoss").asDouble()).isBetween(0.45, 0.68);
      assertThat(learned.path("auc").asDouble()).isBetween(0.55, 0.95);
      assertCounted(varve, 60_000);
    } finally {
      varve.close();
    }
  }

  @Test
  void sendsBadEventsToTheDeadLettersAndGoesOn() throws Exception {
    try (VarveProcess varve = VarveProcess.up(VarveProcess.Home.in(folder))) {
      String tenMegabytes = "x".repeat(10 << 20);
      send(
          varve,
          GOOD,
          "{\"label\": ",
          GOOD.replace("\"label\": 1, ", ""),
          GOOD.replace("3.5", "\"NaN\""),
          GOOD.replace("u1", tenMegabytes),
          GOOD.replace("\"user\"", "\"\""),
          "\u0008garbage",
          GOOD);
      List<String> reasons = new ArrayList<>();
      for (ConsumerRecord<byte[], byte[]> letter : deadLetters(varve, 6)) {
        reasons.add(header(letter, DeadLetter.REASON));
        assertThat(header(letter, "varve.topic")).isEqualTo(TOPICS.examples());
        assertThat(letter.value()).hasSizeLessThanOrEqualTo(64 << 10);
      }
      assertThat(reasons)
          .anyMatch(reason -> reason.startsWith("event: "))
          .anyMatch(reason -> reason.equals("label: missing (expected: 0 to 1)"))
          .anyMatch(reason -> reason.equals("feature price: NaN (expected: a finite number)"))
          .anyMatch(reason -> reason.matches("event: \\d+ bytes \\(expected: at most 1MiB\\)"))
          .anyMatch(reason -> reason.startsWith("feature name:  (expected: 1 to 128"));
      varve.awaitExamples(2);
      JsonNode status = varve.status();
      assertThat(status.path("examples").asLong()).isEqualTo(2);
      assertThat(status.path("rejected").asLong()).isEqualTo(6);
      assertThat(status.at("/tables/tags/occurrences").asLong()).isEqualTo(4);
    }
  }

  @Test
  void refusesUnknownFeaturesWhenTheSetIsClosed() throws Exception {
    Path config = folder.resolve("closed.yaml");
    Files.writeString(
        config, "features: {closed: true, declared: {user: categorical, price: numerical}}\n");
    VarveProcess.Home home = VarveProcess.Home.in(folder);
    try (VarveProcess varve = VarveProcess.up(home, "--config", config.toString())) {
      send(varve, GOOD, GOOD.replaceFirst("\\{\"name\": \"tags\"[^}]*},\\s*", ""));
      assertThat(header(deadLetters(varve, 1).getFirst(), DeadLetter.REASON))
          .isEqualTo("feature: tags (expected: a declared feature, since features.closed is true)");
      varve.awaitExamples(1);
      assertThat(varve.status().path("tables").fieldNames()).toIterable().containsExactly("user");
    }
  }

  @Test
  void refusesALockedFolderATakenPortAndAnotherDimensionByName() throws Exception {
    VarveProcess.Home home = VarveProcess.Home.in(folder);
    try (VarveProcess varve = VarveProcess.up(home)) {
      send(varve, GOOD);
      varve.awaitExamples(1);
      assertThat(failedStart(1, home))
          .contains("data folder: ", "a folder that no other Varve uses");
      Path other = Files.createDirectory(folder.resolve("other"));
      assertThat(failedStart(1, new VarveProcess.Home(other, home.httpPort(), home.kafkaPort())))
          .contains("serve.http-port: " + home.httpPort() + " (expected: a free port");
      assertThat(
              failedStart(
                  1, new VarveProcess.Home(other, VarveProcess.freePort(), home.kafkaPort())))
          .contains("kafka.port: " + home.kafkaPort() + " (expected: a free port");
      assertThat(varve.stop()).isTrue();
    }
    assertThat(failedStart(2, home, "--set", "model.dimension=32"))
        .contains("model.dimension: 32 (expected: 16, the dimension of the rows that are stored)");
    assertThat(failedStart(2, home, "--set", "optimizer.kind=sgd"))
        .contains("optimizer.kind: sgd (expected: adagrad, which the rows that are stored were");
    assertThat(failedStart(2, home, "--set", "kafka.shards=8"))
        .contains("kafka.shards: 8 (expected: 4, the partitions of the existing topic");
  }

  private String failedStart(int exitCode, VarveProcess.Home home, String... more)
      throws Exception {
    Path output = Files.createTempFile(folder, "failed", ".log");
    Process process = VarveProcess.start(home, output, more);
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).as("ended").isTrue();
    assertThat(process.exitValue()).isEqualTo(exitCode);
    String printed = Files.readString(output);
    assertThat(printed).doesNotContain("\tat ");
    return printed;
  }

  private Path generate(String name, int examples) {
    Path file = folder.resolve(name);
    CommandRun run =
        CommandRun.of("generate", file.toString(), "--examples", Integer.toString(examples));
    assertThat(run.exitCode()).as(run.err()).isZero();
    return file;
  }

  private static JsonNode replay(VarveProcess varve, Path log) throws IOException {
    CommandRun run =
        CommandRun.of(
            "replay",
            log.toString(),
            "--as",
            "generated",
            "--wait",
            "--json",
            "--server",
            varve.http());
    assertThat(run.exitCode()).as(run.err()).isZero();
    return lastLine(run.out());
  }

  private static JsonNode lastLine(String out) throws IOException {
    return Json.MAPPER.readTree(out.lines().toList().getLast());
  }

  /** Every generated example has one category of each of 13 features. */
  private static void assertCounted(VarveProcess varve, long examples) throws IOException {
    JsonNode status = varve.status();
    assertThat(status.path("examples").asLong()).isEqualTo(examples);
    assertThat(status.path("tables")).hasSize(13);
    for (JsonNode table : status.path("tables")) {
      assertThat(table.path("occurrences").asLong()).isEqualTo(examples);
    }
  }

  /** All categories that any log of ours can have in a small table, some in a large one. */
  private static JsonNode ask(VarveProcess varve, String... command) throws IOException {
    List<String> all = new ArrayList<>(List.of(command));
    all.addAll(List.of("--json", "--server", varve.http()));
    CommandRun run = CommandRun.of(all.toArray(String[]::new));
    assertThat(run.exitCode()).as(run.err()).isZero();
    return Json.MAPPER.readTree(run.out());
  }

  private static List<String> lookUp(VarveProcess varve) {
    List<String> lines = new ArrayList<>();
    for (String table : List.of("c0", "c9")) {
      List<String> command = new ArrayList<>(List.of("lookup", table));
      IntStream.range(0, 200).forEach(id -> command.add(Integer.toString(id)));
      command.addAll(List.of("--json", "--server", varve.http()));
      CommandRun run = CommandRun.of(command.toArray(String[]::new));
      assertThat(run.exitCode()).as(run.err()).isZero();
      run.out().lines().forEach(lines::add);
    }
    return lines;
  }

  private static void send(VarveProcess varve, String... events) throws Exception {
    try (var producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", varve.bootstrap(), "max.request.size", 16 << 20),
            new ByteArraySerializer(),
            new ByteArraySerializer())) {
      for (String event : events) {
        byte[] value = event.getBytes(StandardCharsets.UTF_8);
        producer.send(new ProducerRecord<>(TOPICS.examples(), value)).get();
      }
    }
  }

  private static List<ConsumerRecord<byte[], byte[]>> deadLetters(VarveProcess varve, int count) {
    try (var consumer =
        new KafkaConsumer<>(
            Map.of(
                "bootstrap.servers", varve.bootstrap(),
                "auto.offset.reset", "earliest",
                "isolation.level", "read_committed"),
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer())) {
      consumer.assign(List.of(new TopicPartition(TOPICS.deadLetters(), 0)));
      List<ConsumerRecord<byte[], byte[]>> letters = new ArrayList<>();
      for (int i = 0; i < 300 && letters.size() < count; i++) {
        consumer.poll(Duration.ofMillis(100)).forEach(letters::add);
      }
      assertThat(letters).hasSize(count);
      return letters;
    }
  }

  private static String header(ConsumerRecord<byte[], byte[]> record, String name) {
    var header = record.headers().lastHeader(name);
    return header == null ? "" : new String(header.value(), StandardCharsets.UTF_8);
  }
}
