package dev.varve.bench;

import dev.varve.bench.Loads.Found;
import dev.varve.bench.Loads.Load;
import dev.varve.serve.VarveServer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleSupplier;

/**
 * The loads on Varve and on Redis, and what is told of them.
 *
 * <p>Where ids repeat in what Varve is asked they do in what Redis is asked beside it.
 */
final class ServeLoads {
  /** A lookup for one example of 26 features. */
  static final int SMALL_IDS = 26;

  /** A lookup for a batch. */
  static final int LARGE_IDS = 4_096;

  static final int LARGE_CONNECTIONS = 4;

  private static final int CONNECTIONS = 50;
  private static final int STREAMS = 8;

  /** The compiler has done its work by then. */
  private static final int WARM_UP = 2;

  private final Loads loads;
  private final VarveServer server;
  private final RedisServer redis;
  private final Answered answered;
  private final Settings settings;

  ServeLoads(
      Loads loads, VarveServer server, RedisServer redis, Answered answered, Settings settings) {
    this.loads = loads;
    this.server = server;
    this.redis = redis;
    this.answered = answered;
    this.settings = settings;
  }

  /** A load, and what its rounds found. */
  private static final class Measured {
    private final String name;
    private final Load load;
    private final boolean isRedis;
    private final double[] perSecond;
    private final double[] perCpuSecond;
    private final double[] p50;

    Measured(String name, Load load, boolean isRedis, int rounds) {
      this.name = name;
      this.load = load;
      this.isRedis = isRedis;
      this.perSecond = new double[rounds];
      this.perCpuSecond = new double[rounds];
      this.p50 = new double[rounds];
    }

    Figure rate(Unit unit, double each) {
      return Figure.of(name, unit, times(perSecond, each));
    }

    Figure rateOfCpu(Unit unit, double each) {
      return Figure.of(name + ", a second of its CPU", unit, times(perCpuSecond, each));
    }

    Figure p50() {
      return Figure.of(name + ": p50", Unit.MICROSECONDS, p50);
    }

    private static double[] times(double[] of, double each) {
      return Arrays.stream(of).map(x -> x * each).toArray();
    }
  }

  private Measured varve(String name, Load load) {
    return new Measured(name, load, false, settings.rounds());
  }

  private Measured redis(String name, Load load) {
    return new Measured(name, load, true, settings.rounds());
  }

  /** 26 ids a request. */
  List<Figure> small(Progress progress) throws IOException, InterruptedException {
    int n = SMALL_IDS;
    int grpcPort = server.grpcPort();
    var many =
        varve("gRPC, 8 streams on each of 50", loads.grpc(grpcPort, n, CONNECTIONS, STREAMS));
    var redisMany =
        redis("Redis, 8 in flight on each of 50", loads.redisSame(redis, n, CONNECTIONS, STREAMS));
    var each = varve("gRPC, 50 connections", loads.grpc(grpcPort, n, CONNECTIONS, 1));
    var redisEach = redis("Redis, 50 connections", loads.redisSame(redis, n, CONNECTIONS, 1));
    var rest = varve("REST, 50 connections, random", loads.rest(server.httpPort(), n, CONNECTIONS));
    var redisRandom =
        redis("Redis, 50 connections, random", loads.redisRandom(redis, n, CONNECTIONS, 1));
    var one = varve("gRPC, one client", loads.grpc(grpcPort, n, 1, 1));
    var redisOne = redis("Redis, one client", loads.redisSame(redis, n, 1, 1));
    var all = List.of(many, redisMany, each, redisEach, rest, redisRandom, one, redisOne);
    measure(all, progress);
    List<Figure> figures = new ArrayList<>();
    for (Measured of : all) {
      figures.add(of.rate(Unit.REQUESTS_PER_SECOND, 1));
      figures.add(of.rateOfCpu(Unit.REQUESTS_PER_SECOND, 1));
    }
    figures.add(
        ratio("gRPC / Redis, 8 streams against 50 connections", many, redisEach).atLeast(2));
    figures.add(ratio("gRPC / Redis, 8 streams against 8 in flight", many, redisMany));
    figures.add(ratio("gRPC / Redis, 50 connections", each, redisEach).atLeast(1));
    figures.add(ratio("REST / Redis, 50 connections, random", rest, redisRandom).atLeast(0.8));
    figures.add(one.p50().atMost(Figure.median(redisOne.p50)));
    figures.add(redisOne.p50());
    return figures;
  }

  /** 4096 ids a request. */
  List<Figure> large(Progress progress) throws IOException, InterruptedException {
    int n = LARGE_IDS;
    int connections = LARGE_CONNECTIONS;
    var grpc = varve("gRPC", loads.grpc(server.grpcPort(), n, connections, 1));
    var redisSame = redis("Redis", loads.redisSame(redis, n, connections, 1));
    var rest = varve("REST, random ids", loads.rest(server.httpPort(), n, connections));
    var redisRandom = redis("Redis, random ids", loads.redisRandom(redis, n, connections, 1));
    var all = List.of(grpc, redisSame, rest, redisRandom);
    measure(all, progress);
    List<Figure> figures = new ArrayList<>();
    for (Measured of : all) {
      Figure rate = of.rate(Unit.VECTORS_PER_SECOND, n);
      figures.add(of == grpc ? rate.atLeast(8e6) : rate);
      figures.add(of.rateOfCpu(Unit.VECTORS_PER_SECOND, n));
    }
    figures.add(ratio("gRPC / Redis", grpc, redisSame).atLeast(8));
    figures.add(ratio("REST / Redis, random ids", rest, redisRandom));
    return figures;
  }

  private static Figure ratio(String name, Measured one, Measured other) {
    double[] ratios = new double[one.perSecond.length];
    Arrays.setAll(ratios, i -> one.perSecond[i] / other.perSecond[i]);
    return Figure.of(name, Unit.TIMES, ratios);
  }

  private void measure(List<Measured> all, Progress progress)
      throws IOException, InterruptedException {
    for (int i = -WARM_UP; i < settings.rounds(); i++) {
      for (Measured of : all) {
        progress.at((i < 0 ? "warming up, " : "round %d, ".formatted(i + 1)) + of.name);
        measure(of, i);
      }
    }
  }

  private void measure(Measured of, int round) throws IOException, InterruptedException {
    DoubleSupplier cpu = () -> redis.cpu().toNanos() / 1e9;
    double redisBefore = cpu.getAsDouble();
    Answered.Mark before = answered.mark();
    long begun = System.nanoTime();
    Found found = of.load.run();
    double seconds = (System.nanoTime() - begun) / 1e9;
    Answered.Mark after = answered.mark();
    if (round >= 0) {
      of.perSecond[round] = found.perSecond();
      of.p50[round] = found.p50();
      of.perCpuSecond[round] =
          of.isRedis
              ? found.perSecond() * seconds / (cpu.getAsDouble() - redisBefore)
              : (after.requests() - before.requests()) / (after.cpuSeconds() - before.cpuSeconds());
    }
  }
}
