package dev.varve.serve;

import com.linecorp.armeria.common.CommonPools;
import com.linecorp.armeria.common.TlsProvider;
import com.linecorp.armeria.common.grpc.GrpcSerializationFormats;
import com.linecorp.armeria.server.Route;
import com.linecorp.armeria.server.ServerBuilder;
import com.linecorp.armeria.server.grpc.GrpcService;
import dev.varve.schema.inference.GRPCInferenceServiceGrpc;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The HTTP and the gRPC server, running from {@link #start} to {@link #close}. They are two servers
 * on the same event loops, so that neither port answers the other's calls.
 *
 * <p><b>Threads:</b> any.
 */
public final class VarveServer implements AutoCloseable {
  private static final String MODEL_INFER =
      "/" + GRPCInferenceServiceGrpc.getModelInferMethod().getFullMethodName();

  private final Credentials credentials;
  private final Future<?> reloading;
  private final LookupLimit limit;
  private final Listener http;
  private final Listener grpc;

  private VarveServer(Credentials credentials, LookupLimit limit, Listener http, Listener grpc) {
    this.credentials = credentials;
    this.limit = limit;
    this.http = http;
    this.grpc = grpc;
    this.reloading =
        CommonPools.blockingTaskExecutor()
            .scheduleWithFixedDelay(credentials::check, 1, 1, TimeUnit.SECONDS);
  }

  /**
   * Reads the files that the configuration names, so that a start can fail before anything runs.
   *
   * @throws IllegalArgumentException when the certificate, its key or the tokens are broken
   */
  public static void requireCredentials(ServeConfig config) {
    var _ = new Credentials(config);
  }

  /**
   * Binds both ports and serves.
   *
   * @throws PortTakenException when a port cannot be listened on; then neither is
   * @throws IllegalArgumentException when the host has no address, or so many ids at this base
   *     dimension are more than an answer can hold, or as {@link #requireCredentials}
   */
  public static VarveServer start(ServeConfig config, Served served) {
    var credentials = new Credentials(config);
    var meters = new LookupMeters(served.registry());
    var inference = new Inference(served.embeddings(), served.predictions(), config, meters);
    var rest = new RestInference(inference, meters, served.version());
    var feast = new FeastEndpoint(inference, config.maxIds(), meters);
    var calls = new GrpcInference(inference, meters, served.version());
    var limit = new LookupLimit(config.maxConcurrent(), meters);
    Supplier<Tokens> tokens = credentials.tokens();
    TlsProvider tls = credentials.tls();
    Listener http =
        Listener.start(
            config,
            tls,
            "serve.http-port",
            config.httpPort(),
            it -> {
              rest.addTo(it, limit);
              feast.addTo(it, limit);
              addRest(it, config, served, tokens);
            });
    try {
      Listener grpc =
          Listener.start(
              config,
              tls,
              "serve.grpc-port",
              config.grpcPort(),
              it -> addGrpc(it, config, calls, limit, served, tokens));
      Exposure.warn(config);
      return new VarveServer(credentials, limit, http, grpc);
    } catch (RuntimeException e) {
      http.stop().join();
      limit.close();
      throw e;
    }
  }

  /** The port of REST, status and metrics; the real one if any free one was asked for. */
  public int httpPort() {
    return http.port();
  }

  /** The port of gRPC; the real one if any free one was asked for. */
  public int grpcPort() {
    return grpc.port();
  }

  /** Looks whether certificate, key and tokens have changed, as happens every second anyway. */
  void checkCredentials() {
    credentials.check();
  }

  /** What the HTTP port answers. */
  List<Route> httpRoutes() {
    return http.routes();
  }

  /** Frees both ports, within a second; requests in flight have half of it to end. */
  @Override
  public void close() {
    reloading.cancel(false);
    CompletableFuture.allOf(http.stop(), grpc.stop()).join();
    limit.close();
  }

  private static void addRest(
      ServerBuilder server, ServeConfig config, Served served, @Nullable Supplier<Tokens> tokens) {
    server
        .maxRequestLength(config.maxBody().count())
        .errorHandler(new JsonErrors(config.maxBody()));
    new OperatorEndpoints(served).addTo(server);
    new RebalanceEndpoints(served.commands()).addTo(server);
    if (tokens != null) {
      server.decorator(Access.http(tokens, served.registry()));
    }
  }

  private static void addGrpc(
      ServerBuilder server,
      ServeConfig config,
      GrpcInference calls,
      LookupLimit limit,
      Served served,
      @Nullable Supplier<Tokens> tokens) {
    // The limit of gRPC is one of messages, so that a refusal is a gRPC status.
    server.maxRequestLength(0);
    server.errorHandler(new GrpcErrors());
    server.blockingTaskExecutor(limit.threads(), false);
    server.service(
        GrpcService.builder()
            .addService(calls)
            .supportedSerializationFormats(GrpcSerializationFormats.PROTO)
            .maxRequestMessageLength((int) config.maxBody().count())
            .exceptionHandler(
                (_, status, cause, _) -> GrpcErrors.status(status, cause, config.maxBody()))
            // Else a call without a deadline has all the time that there is, and one with a
            // deadline as much as it likes; a client gives its call up by itself.
            .useClientTimeoutHeader(false)
            .build());
    server.service(
        GrpcService.builder()
            .addService(served.others())
            .supportedSerializationFormats(GrpcSerializationFormats.PROTO)
            .build());
    server
        .routeDecorator()
        .post(MODEL_INFER)
        .build((it, ctx, request) -> limit.serve(LookupMeters.Protocol.GRPC, it, ctx, request));
    // The last one is asked first: who has no token does not get to take a place.
    if (tokens != null) {
      server.decorator(Access.grpc(tokens, served.registry()));
    }
  }
}
