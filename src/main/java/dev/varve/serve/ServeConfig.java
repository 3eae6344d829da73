package dev.varve.serve;

import dev.varve.base.Bytes;
import dev.varve.base.Check;
import java.time.Duration;

/**
 * Where and how lookups are served.
 *
 * @param host address to listen on; 0.0.0.0 for every one of this machine
 * @param httpPort port of REST, status and metrics; 0 for any free one
 * @param grpcPort port of gRPC; 0 for any free one
 * @param maxIds most ids in one lookup
 * @param maxBody largest request
 * @param requestTimeout a request that takes longer is given up
 */
public record ServeConfig(
    String host, int httpPort, int grpcPort, int maxIds, Bytes maxBody, Duration requestTimeout) {
  private static final String PORT_RULE = "a port from 1 to 65535, or 0 for any free one";
  private static final int MOST_IDS = 1 << 20;

  public ServeConfig {
    Check.that(!host.isBlank(), "serve.host", host, "a host name or an address");
    Check.that(isPort(httpPort), "serve.http-port", httpPort, PORT_RULE);
    Check.that(isPort(grpcPort), "serve.grpc-port", grpcPort, PORT_RULE);
    Check.that(
        httpPort == 0 || httpPort != grpcPort,
        "serve.grpc-port",
        grpcPort,
        "another port than serve.http-port");
    Check.that(maxIds >= 1 && maxIds <= MOST_IDS, "serve.max-ids", maxIds, "from 1 to " + MOST_IDS);
    Check.that(
        maxBody.count() >= 1 << 10 && maxBody.count() <= 1 << 30,
        "serve.max-body",
        maxBody,
        "from 1KiB to 1GiB");
    Check.that(
        requestTimeout.compareTo(Duration.ofMillis(1)) >= 0
            && requestTimeout.compareTo(Duration.ofHours(1)) <= 0,
        "serve.request-timeout",
        requestTimeout,
        "from 1 ms to 1 hour");
  }

  /** This machine only, the usual ports of the Open Inference Protocol. */
  public static ServeConfig defaults() {
    return new ServeConfig("127.0.0.1", 8000, 8001, 65_536, Bytes.mib(16), Duration.ofSeconds(10));
  }

  private static boolean isPort(int port) {
    return port >= 0 && port <= 65_535;
  }
}
