package dev.varve.serve;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.linecorp.armeria.client.ClientFactory;
import com.linecorp.armeria.client.grpc.GrpcClients;
import com.linecorp.armeria.common.HttpMethod;
import com.linecorp.armeria.common.auth.AuthToken;
import com.linecorp.armeria.server.Route;
import dev.varve.base.Bytes;
import dev.varve.join.JoinWindow;
import dev.varve.learn.Alarms;
import dev.varve.learn.LivePredictions;
import dev.varve.learn.TopCategories;
import dev.varve.schema.DelayBin;
import dev.varve.schema.JoinReport;
import dev.varve.schema.ShardsGrpc.ShardsImplBase;
import dev.varve.schema.inference.GRPCInferenceServiceGrpc.GRPCInferenceServiceBlockingStub;
import dev.varve.serve.ServerStatus.Kafka;
import dev.varve.serve.ServerStatus.Quality;
import dev.varve.serve.ServerStatus.TableQuality;
import dev.varve.store.TableSummary;
import dev.varve.table.Popularity;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;

/** A server on free ports over fake embeddings, and clients of it. */
final class RunningServer implements AutoCloseable {
  static final int MAX_IDS = 1000;
  static final Bytes MAX_BODY = Bytes.kib(64);
  static final int MAX_LOOKUPS = 100;
  static final Path NONE = Path.of("");
  static final Duration STALENESS = Duration.ofSeconds(30);

  private static final ObjectMapper JSON = new ObjectMapper();

  private final PrometheusMeterRegistry registry;
  private final VarveServer server;
  private final ClientFactory grpcConnections = ClientFactory.builder().build();
  private final HttpClient client = HttpClient.newHttpClient();

  private RunningServer(ServeConfig config, Served served) {
    this.registry = served.registry();
    this.server = VarveServer.start(config, served);
  }

  static RunningServer over(FakeEmbeddings embeddings) {
    return new RunningServer(config(0, 0), served(embeddings));
  }

  /** Gives up after some milliseconds. */
  static RunningServer impatient(FakeEmbeddings embeddings) {
    return over(embeddings, config(0, 0, NONE, MAX_LOOKUPS, Duration.ofMillis(20)));
  }

  static ServeConfig config(int httpPort, int grpcPort) {
    return config(httpPort, grpcPort, NONE, MAX_LOOKUPS, Duration.ofSeconds(30));
  }

  /** With tokens, and few lookups at once. */
  static ServeConfig config(Path tokens, int maxConcurrent) {
    return config(0, 0, tokens, maxConcurrent, Duration.ofSeconds(30));
  }

  /** Few lookups at once, given up after some milliseconds. */
  static ServeConfig impatient(int maxConcurrent) {
    return config(0, 0, NONE, maxConcurrent, Duration.ofMillis(200));
  }

  private static ServeConfig config(
      int httpPort, int grpcPort, Path tokens, int maxConcurrent, Duration timeout) {
    return new ServeConfig(
        "127.0.0.1",
        httpPort,
        grpcPort,
        NONE,
        NONE,
        tokens,
        MAX_IDS,
        MAX_BODY,
        maxConcurrent,
        timeout,
        STALENESS,
        "score");
  }

  static RunningServer over(FakeEmbeddings embeddings, ServeConfig config) {
    return new RunningServer(config, served(embeddings));
  }

  static RunningServer over(FakeEmbeddings embeddings, ServeConfig config, Commands commands) {
    var top = new TopCategories(new Popularity(60_000));
    return new RunningServer(config, served(embeddings, top, commands));
  }

  static RunningServer over(FakeEmbeddings embeddings, TopCategories top, Commands commands) {
    return new RunningServer(config(0, 0), served(embeddings, top, commands));
  }

  static Served served(FakeEmbeddings embeddings) {
    return served(
        embeddings,
        new TopCategories(new Popularity(60_000)),
        command -> {
          throw new AssertionError("no command expected: " + command);
        });
  }

  static RunningServer over(LivePredictions predictions) {
    var embeddings = FakeEmbeddings.users().with("score", "7", 1, 2, 3);
    Served usual = served(embeddings);
    return new RunningServer(
        config(0, 0),
        new Served(
            usual.version(),
            embeddings,
            predictions,
            usual.status(),
            usual.topics(),
            usual.top(),
            usual.commands(),
            usual.others(),
            usual.registry()));
  }

  private static Served served(FakeEmbeddings embeddings, TopCategories top, Commands commands) {
    return new Served(
        "1.2.3",
        embeddings,
        new FakeRows().predictions(),
        () -> status(embeddings),
        () -> topics(embeddings),
        top,
        commands,
        new ShardsImplBase() {},
        new PrometheusMeterRegistry(PrometheusConfig.DEFAULT));
  }

  /** An answer: its status and its JSON. */
  record Answer(int status, JsonNode json) {
    String error() {
      return json.path("error").asText();
    }
  }

  Answer get(String path, String... headers) throws IOException, InterruptedException {
    return answer(text(path, headers));
  }

  HttpResponse<String> text(String path, String... headers)
      throws IOException, InterruptedException {
    var request = request(path);
    if (headers.length > 0) {
      request.headers(headers);
    }
    return client.send(request.build(), BodyHandlers.ofString());
  }

  /** Sends a lookup and does not wait for its answer. */
  CompletableFuture<Answer> lookupLater(String body) {
    var request = request("/v2/models/user/infer").POST(BodyPublishers.ofString(body)).build();
    return client
        .sendAsync(request, BodyHandlers.ofString())
        .thenApply(
            response -> {
              try {
                return answer(response);
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            });
  }

  int httpPort() {
    return server.httpPort();
  }

  /** The lines of GET /metrics, without asking for them. */
  List<String> metrics() {
    return registry.scrape().lines().toList();
  }

  /** Two looks at certificate and tokens: what has changed is in force. */
  void reload() {
    server.checkCredentials();
    server.checkCredentials();
  }

  Answer post(String path, String body, String... headers)
      throws IOException, InterruptedException {
    var request = request(path).POST(BodyPublishers.ofString(body));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return answer(client.send(request.build(), BodyHandlers.ofString()));
  }

  HttpResponse<String> postText(String path, String body, String... headers)
      throws IOException, InterruptedException {
    var request = request(path).POST(BodyPublishers.ofString(body));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return client.send(request.build(), BodyHandlers.ofString());
  }

  /** A body of which the beginning is JSON, and the whole answer. */
  HttpResponse<byte[]> postBinary(String path, byte[] body, String jsonBytes)
      throws IOException, InterruptedException {
    HttpRequest.Builder request = request(path).POST(BodyPublishers.ofByteArray(body));
    request.header("Inference-Header-Content-Length", jsonBytes);
    return client.send(request.build(), BodyHandlers.ofByteArray());
  }

  /** Without a Content-Length. */
  Answer postInChunks(String path, String body) throws IOException, InterruptedException {
    var chunks =
        BodyPublishers.ofInputStream(
            () -> new ByteArrayInputStream(body.getBytes(StandardCharsets.UTF_8)));
    return answer(client.send(request(path).POST(chunks).build(), BodyHandlers.ofString()));
  }

  GRPCInferenceServiceBlockingStub grpc(String token) {
    return grpc(token, GRPCInferenceServiceBlockingStub.class);
  }

  <T> T grpc(String token, Class<T> stub) {
    return GrpcClients.builder("gproto+http://127.0.0.1:" + server.grpcPort())
        .factory(grpcConnections)
        .auth(AuthToken.ofOAuth2(token))
        .build(stub);
  }

  /** Methods and paths of the HTTP port, as in "get /v2/models/{model}". */
  Set<String> routes() {
    Set<String> routes = new TreeSet<>();
    for (Route route : server.httpRoutes()) {
      for (HttpMethod method : route.methods()) {
        routes.add(method.name().toLowerCase(Locale.ROOT) + " " + path(route));
      }
    }
    return routes;
  }

  /** The paths of the HTTP port. */
  Set<String> paths() {
    return server.httpRoutes().stream().map(RunningServer::path).collect(Collectors.toSet());
  }

  private static String path(Route route) {
    return route.patternString().replaceAll(":(\\w+)", "{$1}");
  }

  String grpcUri() {
    return "gproto+http://127.0.0.1:" + server.grpcPort();
  }

  GRPCInferenceServiceBlockingStub grpc() {
    return GrpcClients.builder(grpcUri())
        .factory(grpcConnections)
        .build(GRPCInferenceServiceBlockingStub.class);
  }

  @Override
  public void close() {
    client.close();
    grpcConnections.close();
    server.close();
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(
            URI.create("http://127.0.0.1:%d%s".formatted(server.httpPort(), path)))
        .version(HttpClient.Version.HTTP_1_1);
  }

  private static Answer answer(HttpResponse<String> response) throws IOException {
    return new Answer(response.statusCode(), JSON.readTree(response.body()));
  }

  private static ServerStatus status(FakeEmbeddings embeddings) {
    return new ServerStatus(
        "1.2.3",
        "learning",
        embeddings.layoutVersion(),
        embeddings.examples(),
        2,
        embeddings.refusedGradients(),
        embeddings.watermarkMs(),
        60,
        embeddings.dimension(),
        new TreeMap<String, TableSummary>(embeddings.tables()),
        ServerStatus.Memory.of(embeddings.memory(), embeddings.rocksDbUse()),
        new Quality(10, 0.5, 0.9, Double.NaN, 1.1),
        new TreeMap<>(Map.of("user", slices())),
        List.of(new Alarms.Alarm("rejected", "many")),
        600_000,
        ServerStatus.Joins.of(joins()),
        new Kafka("localhost:9092", "varve", "varve-learn", "varve-store"));
  }

  private static TableQuality slices() {
    return new TableQuality(
        new TreeMap<>(Map.of(16, new Quality(10, 0.5, 0.9, Double.NaN, 1.1))), new TreeMap<>());
  }

  private static JoinWindow.Snapshot joins() {
    var window = new JoinWindow(Duration.ofMinutes(10));
    window.add(
        JoinReport.newBuilder()
            .setImpressions(20)
            .setClicks(4)
            .setRepeatedClicks(1)
            .setRepeatedImpressions(2)
            .setNewestMs(1)
            .addDelays(DelayBin.newBuilder().setBin(40).setClicks(4))
            .build());
    return window.snapshot();
  }

  private static List<TopicStatus> topics(FakeEmbeddings embeddings) {
    return List.of(
        new TopicStatus("varve.examples", "labelled examples", 4, embeddings.examples(), "delete"));
  }
}
