package dev.varve.serve;

import com.linecorp.armeria.common.grpc.GrpcSerializationFormats;
import com.linecorp.armeria.server.ServerBuilder;
import com.linecorp.armeria.server.grpc.GrpcService;
import java.util.concurrent.CompletableFuture;

/**
 * The HTTP and the gRPC server, running from {@link #start} to {@link #close}. They are two servers
 * on the same event loops, so that neither port answers the other's calls.
 *
 * <p><b>Threads:</b> any.
 */
public final class VarveServer implements AutoCloseable {
  private final Listener http;
  private final Listener grpc;

  private VarveServer(Listener http, Listener grpc) {
    this.http = http;
    this.grpc = grpc;
  }

  /**
   * Binds both ports and serves.
   *
   * @throws PortTakenException when a port cannot be listened on; then neither is
   * @throws IllegalArgumentException when the host has no address, or so many ids at this base
   *     dimension are more than an answer can hold
   */
  public static VarveServer start(ServeConfig config, Served served) {
    var meters = new LookupMeters(served.registry());
    var inference = new Inference(served.embeddings(), served.predictions(), config, meters);
    var rest = new RestInference(inference, meters, served.version());
    var calls = new GrpcInference(inference, meters, served.version());
    Listener http =
        Listener.start(
            config, "serve.http-port", config.httpPort(), it -> addRest(it, config, rest, served));
    try {
      return new VarveServer(
          http,
          Listener.start(
              config, "serve.grpc-port", config.grpcPort(), it -> addGrpc(it, config, calls)));
    } catch (RuntimeException e) {
      http.stop().join();
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

  /** Frees both ports, within a second; requests in flight have half of it to end. */
  @Override
  public void close() {
    CompletableFuture.allOf(http.stop(), grpc.stop()).join();
  }

  private static void addRest(
      ServerBuilder server, ServeConfig config, RestInference rest, Served served) {
    server
        .maxRequestLength(config.maxBody().count())
        .errorHandler(new JsonErrors(config.maxBody()));
    rest.addTo(server);
    new OperatorEndpoints(served).addTo(server);
    new RebalanceEndpoints(served.commands()).addTo(server);
  }

  private static void addGrpc(ServerBuilder server, ServeConfig config, GrpcInference calls) {
    // The limit of gRPC is one of messages, so that a refusal is a gRPC status.
    server.maxRequestLength(0);
    server.service(
        GrpcService.builder()
            .addService(calls)
            .supportedSerializationFormats(GrpcSerializationFormats.PROTO)
            .maxRequestMessageLength((int) config.maxBody().count())
            .build());
  }
}
