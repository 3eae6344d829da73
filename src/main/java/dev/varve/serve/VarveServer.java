package dev.varve.serve;

import com.linecorp.armeria.common.SessionProtocol;
import com.linecorp.armeria.common.grpc.GrpcSerializationFormats;
import com.linecorp.armeria.common.util.Exceptions;
import com.linecorp.armeria.server.Server;
import com.linecorp.armeria.server.ServerBuilder;
import com.linecorp.armeria.server.grpc.GrpcService;
import dev.varve.base.Check;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/**
 * The HTTP and the gRPC server, running from {@link #start} to {@link #close}. They are two servers
 * on the same event loops, so that neither port answers the other's calls.
 *
 * <p><b>Threads:</b> any.
 */
public final class VarveServer implements AutoCloseable {
  /** Requests in flight may end; open connections without one are not waited for. */
  private static final Duration LAST_ANSWERS = Duration.ofMillis(500);

  private final Server http;
  private final Server grpc;

  private VarveServer(Server http, Server grpc) {
    this.http = http;
    this.grpc = grpc;
  }

  /**
   * Binds both ports and serves.
   *
   * @throws PortTakenException when a port cannot be listened on; then neither is
   * @throws IllegalArgumentException when the host has no address
   */
  public static VarveServer start(ServeConfig config, Served served) {
    var meters = new LookupMeters(served.registry());
    var inference = new Inference(served.embeddings(), config.maxIds(), meters);
    Server http = http(config, served, inference, meters);
    Server grpc = grpc(config, served, inference, meters);
    start(http, "serve.http-port", config.host(), config.httpPort());
    try {
      start(grpc, "serve.grpc-port", config.host(), config.grpcPort());
    } catch (RuntimeException e) {
      http.stop().join();
      throw e;
    }
    return new VarveServer(http, grpc);
  }

  /** The port of REST, status and metrics; the real one if any free one was asked for. */
  public int httpPort() {
    return http.activeLocalPort();
  }

  /** The port of gRPC; the real one if any free one was asked for. */
  public int grpcPort() {
    return grpc.activeLocalPort();
  }

  /** Frees both ports, at the latest half a second after the call; ends all connections. */
  @Override
  public void close() {
    CompletableFuture.allOf(http.stop(), grpc.stop()).join();
  }

  private static Server http(
      ServeConfig config, Served served, Inference inference, LookupMeters meters) {
    ServerBuilder server = builder(config, config.httpPort());
    server.maxRequestLength(config.maxBody().count()).errorHandler(new JsonErrors());
    new RestInference(inference, meters, served.version()).addTo(server);
    new OperatorEndpoints(served).addTo(server);
    return server.build();
  }

  private static Server grpc(
      ServeConfig config, Served served, Inference inference, LookupMeters meters) {
    ServerBuilder server = builder(config, config.grpcPort());
    // The limit of gRPC is one of messages, so that a refusal is a gRPC status.
    server.maxRequestLength(0);
    server.service(
        GrpcService.builder()
            .addService(new GrpcInference(inference, meters, served.version()))
            .supportedSerializationFormats(GrpcSerializationFormats.PROTO)
            .maxRequestMessageLength((int) config.maxBody().count())
            .build());
    return server.build();
  }

  private static ServerBuilder builder(ServeConfig config, int port) {
    var address = new InetSocketAddress(config.host(), port);
    Check.that(!address.isUnresolved(), "serve.host", config.host(), "a host with an address");
    return Server.builder()
        .port(address, SessionProtocol.HTTP)
        .requestTimeout(config.requestTimeout())
        .gracefulShutdownTimeout(Duration.ZERO, LAST_ANSWERS)
        .connectionDrainDuration(Duration.ZERO)
        // What is unexpected is logged where it is answered.
        .unloggedExceptionsReportInterval(Duration.ZERO)
        .disableServerHeader();
  }

  private static void start(Server server, String key, String host, int port) {
    try {
      server.start().join();
    } catch (CompletionException e) {
      if (Exceptions.peel(e) instanceof IOException cause) {
        throw new PortTakenException(key, host, port, cause);
      }
      throw e;
    }
  }
}
