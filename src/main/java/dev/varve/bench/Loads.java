package dev.varve.bench;

import dev.varve.base.Check;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.regex.Pattern;

/**
 * Load on this machine's own ports by generators written in C, each with one thread.
 *
 * <p>What they ask for: {@code h2load} sends one body again and again, so with gRPC the ids repeat;
 * {@code wrk} sends bodies of ids drawn beforehand, more than caches hold; {@code redis-benchmark}
 * does either.
 *
 * <p><b>Threads:</b> one.
 */
final class Loads {
  private static final Pattern H2LOAD_RATE = Pattern.compile("finished in .*, ([0-9.]+) req/s");
  private static final Pattern H2LOAD_OK = Pattern.compile("status codes: (\\d+) 2xx");
  private static final Pattern H2LOAD_DONE = Pattern.compile("requests: .* (\\d+) done");
  private static final Pattern WRK_RATE = Pattern.compile("Requests/sec: +([0-9.]+)");
  private static final String NUMBER = "\"([0-9.]+)\"";
  private static final Pattern REDIS_RATE = Pattern.compile("(?m)^\"MGET[^\"]*\"," + NUMBER);
  private static final Pattern REDIS_P50 =
      Pattern.compile("(?m)^\"MGET[^\"]*\",\"[^\"]*\",\"[^\"]*\",\"[^\"]*\"," + NUMBER);

  /** Ids of one file for wrk: 16 MiB, each some times. */
  private static final int DRAWN = 1 << 21;

  private final Path folder;
  private final ServedRows rows;
  private final SplittableRandom random;
  private final Duration round;

  /**
   * @param folder for what the generators read and write
   * @param round how long a run takes
   */
  Loads(Path folder, ServedRows rows, long seed, Duration round) {
    this.folder = folder;
    this.rows = rows;
    this.random = new SplittableRandom(seed);
    this.round = round;
  }

  /**
   * What a run found.
   *
   * @param perSecond requests
   * @param p50 microseconds that a request takes; NaN where nobody asked
   */
  record Found(double perSecond, double p50) {}

  /** A load that can be run again. */
  @FunctionalInterface
  interface Load {
    Found run() throws IOException, InterruptedException;
  }

  // -- gRPC

  /** The same ids again and again, over HTTP/2. */
  Load grpc(int port, int ids, int connections, int streams) throws IOException {
    Path body = Files.createTempFile(folder, "grpc", ".bin");
    Files.write(body, InferBodies.grpc(rows.draw(ids, random)));
    List<String> command = new ArrayList<>(List.of(Tool.H2LOAD.text(), "-t", "1"));
    command.addAll(List.of("-c", connections + "", "-m", streams + ""));
    command.addAll(List.of("-D", seconds(round) + "", "-d", body.toString()));
    command.addAll(List.of("-H", "content-type: application/grpc", "-H", "te: trailers"));
    Path log = folder.resolve("h2load.txt");
    boolean isOne = connections * streams == 1;
    if (isOne) {
      command.add("--log-file=" + log);
    }
    command.add("http://127.0.0.1:%d/inference.GRPCInferenceService/ModelInfer".formatted(port));
    return () -> {
      LoadRun run = LoadRun.of(command);
      run.require(run.number(H2LOAD_OK) == run.number(H2LOAD_DONE), "2xx for all");
      return new Found(run.number(H2LOAD_RATE), isOne ? p50(log) : Double.NaN);
    };
  }

  /** The median of the third column, microseconds. */
  private static double p50(Path log) throws IOException {
    double[] micros =
        Files.readAllLines(log).stream()
            .mapToDouble(line -> Double.parseDouble(line.split("\t", -1)[2]))
            .toArray();
    Check.that(micros.length > 0, "requests", "none", "some");
    Files.delete(log);
    return Figure.median(micros);
  }

  // -- REST

  /** Other ids in each request, over HTTP/1.1, with tensors in binary. */
  Load rest(int port, int ids, int connections) throws IOException {
    Path bodies = Files.createTempFile(folder, "rest", ".bin");
    try (OutputStream out = Files.newOutputStream(bodies)) {
      for (int i = 0; i < DRAWN / ids; i++) {
        out.write(InferBodies.rest(rows.draw(ids, random)));
      }
    }
    int jsonBytes = InferBodies.json(ids).length;
    Path script = Files.createTempFile(folder, "rest", ".lua");
    Files.writeString(
        script,
        """
        local file = io.open("%s", "rb")
        local all = file:read("*a")
        file:close()
        local headers = {
          ["Content-Type"] = "application/octet-stream",
          ["Inference-Header-Content-Length"] = "%d"
        }
        local size = %d
        local count = #all / size
        local at = 0
        function request()
          local body = all:sub(at * size + 1, (at + 1) * size)
          at = (at + 1) %% count
          return wrk.format("POST", "/v2/models/%s/infer", headers, body)
        end
        """
            .formatted(bodies, jsonBytes, jsonBytes + ids * Long.BYTES, ServedRows.TABLE));
    List<String> command =
        List.of(
            Tool.WRK.text(),
            "-t1",
            "-c" + connections,
            "-d" + seconds(round) + "s",
            "-s" + script,
            "http://127.0.0.1:" + port);
    return () -> {
      LoadRun run = LoadRun.of(command);
      run.require(!run.printed().contains("Non-2xx"), "2xx for all");
      run.require(!run.printed().contains("Socket errors"), "no error");
      return new Found(run.number(WRK_RATE), Double.NaN);
    };
  }

  // -- Redis

  /** MGET of the same ids again and again. */
  Load redisSame(RedisServer redis, int ids, int connections, int streams) {
    List<String> keys = Arrays.stream(rows.draw(ids, random)).mapToObj(RedisServer::key).toList();
    return redis(redis, keys, List.of(), connections, streams);
  }

  /** MGET of other ids in each request. */
  Load redisRandom(RedisServer redis, int ids, int connections, int streams) {
    List<String> keys = Collections.nCopies(ids, "__rand_int__");
    return redis(redis, keys, List.of("-r", rows.rows() + ""), connections, streams);
  }

  private Load redis(
      RedisServer redis, List<String> keys, List<String> more, int connections, int streams) {
    return new RedisLoad(
        n -> {
          List<String> command = new ArrayList<>(List.of(Tool.REDIS_BENCHMARK.text(), "--csv"));
          command.addAll(List.of("-p", redis.port() + "", "-n", n + "", "--precision", "3"));
          command.addAll(List.of("-c", connections + "", "-P", streams + ""));
          command.addAll(more);
          command.add("MGET");
          command.addAll(keys);
          LoadRun run = LoadRun.of(command);
          return new Found(run.number(REDIS_RATE), 1e3 * run.number(REDIS_P50));
        });
  }

  /** So many requests. */
  @FunctionalInterface
  private interface Requests {
    Found run(long n) throws IOException, InterruptedException;
  }

  /** Redis' generator takes a number of requests, not a time: as many as the last run made. */
  private final class RedisLoad implements Load {
    private static final long FIRST = 1_000;
    private final Requests requests;
    private long n = FIRST;

    RedisLoad(Requests requests) {
      this.requests = requests;
    }

    @Override
    public Found run() throws IOException, InterruptedException {
      Found found = requests.run(n);
      n = Math.max(FIRST, (long) (found.perSecond() * round.toNanos() / 1e9));
      return found;
    }
  }

  /** The generators take whole seconds. */
  private static long seconds(Duration round) {
    return Math.max(1, round.toSeconds());
  }
}
