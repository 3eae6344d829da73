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
import dev.varve.testing.TestCertificate;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Three instances with a broker of its own, with TLS and tokens. One is killed while examples are
 * learned and vectors looked up, and comes back; then another is stopped for so long that it loses
 * its shards, and goes on. Every vector that anybody is given is one that the category had at some
 * time, by a fold of the log, and none is older than what others were told unless it is marked; the
 * rest are refused. Every example is learned once.
 */
class ClusterIT {
  private static final Topics TOPICS = new Topics(KafkaConfig.defaults());
  private static final String TABLE = "user";
  private static final int USERS = 400;
  private static final int IDS = 32;
  private static final long STALENESS_MS = 60_000;
  private static final long BEGIN_MS = 1_700_000_000_000L;

  /**
   * Five processes start here and do little: compiling all that as for a long life would take most
   * of the time.
   */
  private static final List<String> SIMPLE_COMPILER =
      List.of("-XX:TieredStopAtLevel=1", "-Dvarve.kernels=scalar");

  @TempDir Path folder;

  private final AtomicInteger sent = new AtomicInteger();
  private volatile boolean isFeeding = true;
  private TestCertificate certificate;
  private Path tokens;
  private Path token;
  private HttpClient client;

  /** What somebody was told of a category, and how stale it was said to be. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Told(int user, float[] vector, long staleMs) {}

  @BeforeEach
  void makeCredentials() throws Exception {
    certificate = TestCertificate.make(folder, "node", "EC");
    tokens = folder.resolve("tokens.yaml");
    CommandRun made =
        CommandRun.of("token", "nodes", "--role", "operator", "--add", tokens.toString());
    assertThat(made.exitCode()).as(made.err()).isZero();
    token = Files.writeString(folder.resolve("token"), made.out());
    client = HttpClient.newBuilder().sslContext(Trust.of(certificate.certificate())).build();
  }

  @Test
  void everyAnswerIsRightOrRefusedWhileInstancesFail() throws Exception {
    int port = VarveProcess.freePort();
    Process broker = broker(folder.resolve("kafka"), port);
    List<VarveProcess> instances = new ArrayList<>();
    List<VarveProcess.Home> homes = new ArrayList<>();
    List<Reader> readers = new ArrayList<>();
    try {
      for (int i = 0; i < 3; i++) {
        homes.add(home(i, port));
        instances.add(up(homes.get(i), i, port));
      }
      var feeder = new Feeder("127.0.0.1:" + port);
      var feeding = Thread.ofPlatform().name("feed").start(feeder::feed);
      // Every user has a row by then: from now on nobody may be told that it has none.
      instances.getFirst().awaitExamples(2 * USERS);
      readers.add(new Reader(instances.get(0)));
      readers.add(new Reader(instances.get(2)));
      readers.forEach(Reader::start);
      instances.getFirst().awaitExamples(4 * USERS);

      instances.get(1).kill();
      int answeredBefore = readers.stream().mapToInt(Reader::answered).sum();
      instances.getFirst().awaitExamples(sent.get() + 2 * USERS);
      assertThat(readers.stream().mapToInt(Reader::answered).sum()).isGreaterThan(answeredBefore);
      instances.set(1, up(homes.get(1), 1, port));
      instances.get(1).awaitExamples(sent.get() + USERS);

      readers.get(1).stop();
      List<Told> fresh = new ArrayList<>();
      var stopped = new Reader(instances.get(2));
      stopForLong(instances.get(2), stopped, instances.getFirst(), fresh);
      readers.add(stopped);

      isFeeding = false;
      feeding.join();
      for (VarveProcess instance : instances) {
        instance.awaitExamples(sent.get());
        assertThat(instance.status().path("examples").asInt()).isEqualTo(sent.get());
        assertThat(instance.status().at("/tables/user/occurrences").asInt()).isEqualTo(sent.get());
      }
      readers.getFirst().stop();
      Versions versions = versions("127.0.0.1:" + port);
      assertRight(readers, instances, versions);
      assertNoneOlder(stopped.told, fresh, versions);
    } finally {
      isFeeding = false;
      readers.forEach(of -> of.isReading = false);
      instances.forEach(VarveProcess::close);
      broker.destroyForcibly().onExit().join();
    }
  }

  /**
   * Stops an instance until others have what it had, and asks it when it goes on. The first
   * question waits for it already.
   *
   * @param fresh what another was told meanwhile
   */
  private void stopForLong(
      VarveProcess instance, Reader reader, VarveProcess other, List<Told> fresh) throws Exception {
    int[] everybody = IntStream.range(0, USERS).toArray();
    instance.signal("STOP");
    try {
      var meanwhile = new Reader(other);
      for (int i = 0; i < 600 && meanwhile.told.isEmpty(); i++) {
        TimeUnit.MILLISECONDS.sleep(100);
        meanwhile.ask(everybody, 0);
      }
      assertThat(meanwhile.told).as("others have its shards").hasSize(USERS);
      fresh.addAll(meanwhile.told);
      var first = reader.send(everybody, STALENESS_MS);
      instance.signal("CONT");
      takeUnlessClosed(reader, everybody, first);
    } finally {
      instance.signal("CONT");
    }
    for (int i = 0; i < 400; i++) {
      takeUnlessClosed(reader, everybody, reader.send(everybody, STALENESS_MS));
      TimeUnit.MILLISECONDS.sleep(10);
    }
  }

  /** To who was stopped a connection looks as if nobody had used it for long: it may be closed. */
  private static void takeUnlessClosed(
      Reader reader, int[] users, CompletableFuture<HttpResponse<String>> answer)
      throws IOException {
    try {
      reader.take(users, answer.join());
    } catch (CompletionException e) {
      assertThat(e.getCause()).isInstanceOf(IOException.class);
    }
  }

  private static Versions versions(String bootstrap) throws Exception {
    var versions = new Versions(TABLE);
    Committed.records(bootstrap, TOPICS.updates(), UpdateBatch.parser()).forEach(versions::fold);
    return versions;
  }

  private void assertRight(List<Reader> readers, List<VarveProcess> instances, Versions versions)
      throws Exception {
    for (Reader reader : readers) {
      assertThat(reader.wrong).as("answers that are none").isEmpty();
      assertThat(reader.told).hasSizeGreaterThan(10 * IDS);
      assertThat(reader.told)
          .as("vectors that their category never had")
          .allMatch(told -> versions.age(Category.key(told.user), told.vector) >= 0);
    }
    for (VarveProcess instance : instances) {
      var last = new Reader(instance);
      last.ask(IntStream.range(0, USERS).toArray(), 0);
      assertThat(last.told).hasSize(USERS);
      assertThat(last.told)
          .as("newest vectors")
          .allMatch(told -> Arrays.equals(versions.newest(Category.key(told.user)), told.vector));
    }
  }

  private static void assertNoneOlder(List<Told> later, List<Told> fresh, Versions versions) {
    Map<Integer, Integer> ages = new HashMap<>();
    fresh.forEach(of -> ages.put(of.user, versions.age(Category.key(of.user), of.vector)));
    assertThat(later)
        .as("vectors older than what somebody was told before, and not marked")
        .filteredOn(of -> of.staleMs == 0)
        .isNotEmpty()
        .allMatch(
            of -> versions.age(Category.key(of.user), of.vector) >= ages.getOrDefault(of.user, 0));
  }

  // -- processes

  private VarveProcess.Home home(int i, int kafkaPort) throws Exception {
    Path of = folder.resolve("instance-" + i);
    of.toFile().mkdirs();
    return new VarveProcess.Home(
        of,
        VarveProcess.freePort(),
        kafkaPort,
        SIMPLE_COMPILER,
        List.of("--ca", certificate.certificate().toString(), "--token-file", token.toString()));
  }

  private VarveProcess up(VarveProcess.Home home, int i, int port) throws Exception {
    List<String> settings = new ArrayList<>();
    for (String setting :
        List.of(
            "kafka.bootstrap=127.0.0.1:" + port,
            "kafka.instance=node-" + i,
            "kafka.standbys=1",
            "model.basis=identity",
            "serve.tls-certificate=" + certificate.certificate(),
            "serve.tls-key=" + certificate.key(),
            "serve.tokens=" + tokens,
            "peers.ca=" + certificate.certificate(),
            "peers.token=" + token)) {
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
                "-XX:TieredStopAtLevel=1",
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
          Map.of(
              "bootstrap.servers",
              bootstrap,
              "delivery.timeout.ms",
              180_000,
              "linger.ms",
              5,
              "max.in.flight.requests.per.connection",
              1);
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
    private final Thread thread = Thread.ofPlatform().unstarted(this::read);
    private volatile boolean isReading = true;

    Reader(VarveProcess instance) {
      this.uri = URI.create(instance.http() + "/v2/models/" + TABLE + "/infer");
    }

    int answered() {
      return answers.get();
    }

    void start() {
      thread.start();
    }

    void stop() throws InterruptedException {
      isReading = false;
      thread.join();
    }

    private void read() {
      var random = RandomGenerator.of("L64X128MixRandom");
      try {
        while (isReading) {
          ask(random.ints(IDS, 0, USERS).toArray(), STALENESS_MS);
          TimeUnit.MILLISECONDS.sleep(20);
        }
      } catch (Exception e) {
        wrong.add(e.toString());
      }
    }

    void ask(int[] users, long stalenessMs) throws Exception {
      take(users, send(users, stalenessMs).join());
    }

    CompletableFuture<HttpResponse<String>> send(int[] users, long stalenessMs) throws IOException {
      String body =
          """
          {"inputs": [{"name": "ids", "datatype": "INT64", "shape": [%d], "data": %s}],
           "parameters": {"max_staleness_ms": %d}}
          """
              .formatted(users.length, Arrays.toString(users), stalenessMs);
      var request =
          HttpRequest.newBuilder(uri)
              .timeout(Duration.ofSeconds(30))
              .header("authorization", "Bearer " + Files.readString(token).strip())
              .POST(HttpRequest.BodyPublishers.ofString(body))
              .build();
      return client.sendAsync(request, BodyHandlers.ofString());
    }

    void take(int[] users, HttpResponse<String> response) throws IOException {
      if (response.statusCode() == 503) {
        return;
      }
      if (response.statusCode() != 200) {
        wrong.add(response.statusCode() + " " + response.body());
        return;
      }
      JsonNode answer = Json.MAPPER.readTree(response.body());
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
        told.add(new Told(users[i], vector, answer.at("/parameters/stale_ms").asLong()));
      }
      answers.incrementAndGet();
    }
  }
}
