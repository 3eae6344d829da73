package dev.varve.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.varve.broker.KafkaConfig;
import dev.varve.broker.Topics;
import dev.varve.crash.BrokerMain;
import dev.varve.event.Category;
import dev.varve.schema.Example;
import dev.varve.schema.Feature;
import dev.varve.schema.UpdateBatch;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Three instances with a broker of its own, one of which is killed while examples are learned and
 * vectors looked up. Every vector that anybody is given is one that the category had at some time,
 * by a fold of the log; the rest are refused. Every example is learned once.
 */
class ClusterIT {
  private static final Topics TOPICS = new Topics(KafkaConfig.defaults());
  private static final String TABLE = "user";
  private static final int USERS = 400;
  private static final int IDS = 32;
  private static final long BEGIN_MS = 1_700_000_000_000L;

  private static final HttpClient CLIENT = HttpClient.newHttpClient();

  @TempDir Path folder;

  private final AtomicInteger sent = new AtomicInteger();
  private volatile boolean isFeeding = true;
  private volatile boolean isReading = true;

  /** What somebody was told of a category. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Told(int user, float[] vector) {}

  @Test
  void everyAnswerIsRightOrRefusedWhileAnInstanceIsKilled() throws Exception {
    int port = VarveProcess.freePort();
    Process broker = broker(folder.resolve("kafka"), port);
    List<VarveProcess> instances = new ArrayList<>();
    List<VarveProcess.Home> homes = new ArrayList<>();
    try {
      for (int i = 0; i < 3; i++) {
        homes.add(home(i, port));
        instances.add(up(homes.get(i), i, port));
      }
      var feeder = new Feeder("127.0.0.1:" + port);
      var feeding = Thread.ofPlatform().name("feed").start(feeder::feed);
      // Every user has a row by then: from now on nobody may be told that it has none.
      instances.getFirst().awaitExamples(2 * USERS);
      var readers = List.of(new Reader(instances.get(0)), new Reader(instances.get(2)));
      List<Thread> reading =
          readers.stream().map(of -> Thread.ofPlatform().start(of::read)).toList();
      instances.getFirst().awaitExamples(4 * USERS);

      instances.get(1).kill();
      int answeredBefore = readers.stream().mapToInt(Reader::answered).sum();
      instances.getFirst().awaitExamples(sent.get() + 2 * USERS);
      assertThat(readers.stream().mapToInt(Reader::answered).sum()).isGreaterThan(answeredBefore);

      instances.set(1, up(homes.get(1), 1, port));
      instances.get(1).awaitExamples(sent.get() + USERS);
      isFeeding = false;
      feeding.join();
      for (VarveProcess instance : instances) {
        instance.awaitExamples(sent.get());
        assertThat(instance.status().path("examples").asInt()).isEqualTo(sent.get());
        assertThat(instance.status().at("/tables/user/occurrences").asInt()).isEqualTo(sent.get());
      }
      isReading = false;
      for (Thread thread : reading) {
        thread.join();
      }
      assertRight(readers, instances, "127.0.0.1:" + port);
    } finally {
      isFeeding = false;
      isReading = false;
      instances.forEach(VarveProcess::close);
      broker.destroyForcibly().onExit().join();
    }
  }

  private void assertRight(List<Reader> readers, List<VarveProcess> instances, String bootstrap)
      throws Exception {
    var versions = new Versions(TABLE);
    Committed.records(bootstrap, TOPICS.updates(), UpdateBatch.parser()).forEach(versions::fold);
    for (Reader reader : readers) {
      assertThat(reader.wrong).as("answers that are none").isEmpty();
      assertThat(reader.told).hasSizeGreaterThan(10 * IDS);
      assertThat(reader.told)
          .as("vectors that their category never had")
          .allMatch(told -> versions.has(Category.key(told.user), told.vector));
    }
    for (VarveProcess instance : instances) {
      var last = new Reader(instance);
      last.ask(IntStream.range(0, USERS).toArray());
      assertThat(last.told).hasSize(USERS);
      assertThat(last.told)
          .as("newest vectors")
          .allMatch(told -> Arrays.equals(versions.newest(Category.key(told.user)), told.vector));
    }
  }

  // -- processes

  private VarveProcess.Home home(int i, int kafkaPort) throws Exception {
    Path of = folder.resolve("instance-" + i);
    of.toFile().mkdirs();
    return new VarveProcess.Home(of, VarveProcess.freePort(), kafkaPort);
  }

  private static VarveProcess up(VarveProcess.Home home, int i, int port) throws Exception {
    List<String> settings = new ArrayList<>();
    for (String setting :
        List.of(
            "kafka.bootstrap=127.0.0.1:" + port,
            "kafka.instance=node-" + i,
            "kafka.standbys=1",
            "model.basis=identity")) {
      settings.addAll(List.of("--set", setting));
    }
    return VarveProcess.up(home, settings.toArray(String[]::new));
  }

  private static Process broker(Path data, int port) throws Exception {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "@ops/jvm.flags",
                "-Xmx512m",
                "-cp",
                System.getProperty("java.class.path"),
                BrokerMain.class.getName(),
                data.toString(),
                Integer.toString(port))
            .redirectErrorStream(true)
            .start();
    var lines = process.inputReader();
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      if (line.contains("RUNNING")) {
        Thread.ofVirtual().start(() -> lines.lines().forEach(_ -> {}));
        return process;
      }
    }
    throw new AssertionError("the broker did not start");
  }

  // -- what is sent and asked

  /** Sends an example of each user in turn, four hundred a second, until it is told to end. */
  private final class Feeder {
    private final String bootstrap;

    Feeder(String bootstrap) {
      this.bootstrap = bootstrap;
    }

    void feed() {
      Map<String, Object> settings =
          Map.of("bootstrap.servers", bootstrap, "delivery.timeout.ms", 180_000, "linger.ms", 5);
      try (var producer =
          new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
        for (int i = 0; isFeeding; i++) {
          var example =
              Example.newBuilder()
                  .setEventTimeMs(BEGIN_MS + i)
                  .setLabel((i / 7) % 2)
                  .addFeatures(Feature.newBuilder().setName(TABLE).addIntIds(i % USERS))
                  .addFeatures(Feature.newBuilder().setName("item").addIntIds(i % 37))
                  .build();
          var _ = producer.send(new ProducerRecord<>(TOPICS.examples(), example.toByteArray()));
          sent.incrementAndGet();
          LockSupport.parkNanos(TimeUnit.SECONDS.toNanos(1) / 400);
        }
      }
    }
  }

  /** Asks one instance for random users, one batch after the other. */
  private final class Reader {
    private final URI uri;
    private final List<Told> told = new ArrayList<>();
    private final List<String> wrong = new ArrayList<>();
    private final AtomicInteger answers = new AtomicInteger();

    Reader(VarveProcess instance) {
      this.uri = URI.create(instance.http() + "/v2/models/" + TABLE + "/infer");
    }

    int answered() {
      return answers.get();
    }

    void read() {
      var random = RandomGenerator.of("L64X128MixRandom");
      try {
        while (isReading) {
          ask(random.ints(IDS, 0, USERS).toArray());
          TimeUnit.MILLISECONDS.sleep(5);
        }
      } catch (Exception e) {
        wrong.add(e.toString());
      }
    }

    void ask(int[] users) throws Exception {
      String body =
          "{\"inputs\":[{\"name\":\"ids\",\"datatype\":\"INT64\",\"shape\":[%d],\"data\":%s}]}"
              .formatted(users.length, Arrays.toString(users));
      var request =
          HttpRequest.newBuilder(uri)
              .timeout(Duration.ofSeconds(30))
              .POST(HttpRequest.BodyPublishers.ofString(body))
              .build();
      var answer = CLIENT.send(request, BodyHandlers.ofString());
      if (answer.statusCode() == 503) {
        return;
      }
      if (answer.statusCode() != 200) {
        wrong.add(answer.statusCode() + " " + answer.body());
        return;
      }
      take(users, Json.MAPPER.readTree(answer.body()));
      answers.incrementAndGet();
    }

    private void take(int[] users, JsonNode answer) {
      JsonNode vectors = answer.at("/outputs/0/data");
      int dimension = vectors.size() / users.length;
      for (int i = 0; i < users.length; i++) {
        if (answer.at("/outputs/1/data").path(i).asInt() != 1) {
          wrong.add("no row for " + users[i] + " " + answer.path("parameters"));
        }
        var vector = new float[dimension];
        for (int j = 0; j < dimension; j++) {
          vector[j] = (float) vectors.path(i * dimension + j).asDouble();
        }
        told.add(new Told(users[i], vector));
      }
    }
  }
}
