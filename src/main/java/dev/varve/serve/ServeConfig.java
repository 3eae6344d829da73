package dev.varve.serve;

import dev.varve.base.Bytes;
import dev.varve.base.Check;
import dev.varve.base.Doc;
import java.nio.file.Path;
import java.time.Duration;

/** Where and how lookups are served; the components are the keys of the section {@code serve}. */
public record ServeConfig(
    @Doc("Address to listen on; 0.0.0.0 for every one of this machine.") String host,
    @Doc("Port of REST, status and metrics, from 1 to 65535; 0 for any free one.") int httpPort,
    @Doc("Port of gRPC, from 1 to 65535; 0 for any free one.") int grpcPort,
    @Doc(
            "PEM file with the certificate of both ports and those that signed it; empty: no TLS."
                + " Read again when it changes, as the next two are.")
        Path tlsCertificate,
    @Doc("PEM file with the certificate's private key, RSA or EC, not encrypted.") Path tlsKey,
    @Doc(
            "YAML file of the tokens that callers show, as varve token makes them; empty: no token"
                + " is needed.")
        Path tokens,
    @Doc("Most ids in one lookup, from 1 to 1048576.") int maxIds,
    @Doc("Largest request, from 1KiB to 1GiB.") Bytes maxBody,
    @Doc("Most lookups at once, both ports together, from 1 to 1000000; more are refused.")
        int maxConcurrent,
    @Doc("When a request that has no answer is given up, from 1ms to 1h.") Duration requestTimeout,
    @Doc(
            "How far a copy may be behind that answers while a shard's owner is not there, or has"
                + " no contact with Kafka, unless a request says so itself, from 0s to 1d.")
        Duration maxStaleness,
    @Doc("Model that predicts whole examples; a table of this name cannot be looked up.")
        String scoreModel) {
  private static final String PORT_RULE = "a port from 1 to 65535, or 0 for any free one";
  private static final int MOST_IDS = 1 << 20;
  private static final int MOST_CONCURRENT = 1_000_000;
  private static final Path NONE = Path.of("");

  public ServeConfig {
    Check.that(!host.isBlank(), "host", host, "a host name or an address");
    Check.that(isPort(httpPort), "httpPort", httpPort, PORT_RULE);
    Check.that(isPort(grpcPort), "grpcPort", grpcPort, PORT_RULE);
    Check.that(
        httpPort == 0 || httpPort != grpcPort,
        "grpcPort",
        grpcPort,
        "another port than serve.http-port");
    Check.that(
        tlsCertificate.equals(NONE) == tlsKey.equals(NONE),
        "tlsKey",
        tlsKey,
        "a file if serve.tls-certificate is one, else nothing");
    Check.that(maxIds >= 1 && maxIds <= MOST_IDS, "maxIds", maxIds, "from 1 to " + MOST_IDS);
    Check.that(
        maxBody.count() >= 1 << 10 && maxBody.count() <= 1 << 30,
        "maxBody",
        maxBody,
        "from 1KiB to 1GiB");
    Check.that(
        maxConcurrent >= 1 && maxConcurrent <= MOST_CONCURRENT,
        "maxConcurrent",
        maxConcurrent,
        "from 1 to " + MOST_CONCURRENT);
    Check.that(
        requestTimeout.compareTo(Duration.ofMillis(1)) >= 0
            && requestTimeout.compareTo(Duration.ofHours(1)) <= 0,
        "requestTimeout",
        requestTimeout,
        "from 1ms to 1h");
    Check.that(
        !maxStaleness.isNegative() && maxStaleness.compareTo(Duration.ofDays(1)) <= 0,
        "maxStaleness",
        maxStaleness,
        "from 0s to 1d");
    Check.that(
        !scoreModel.isBlank() && scoreModel.indexOf('/') < 0,
        "scoreModel",
        scoreModel,
        "a name without a slash");
  }

  /** This machine only, the usual ports of the Open Inference Protocol. */
  public static ServeConfig defaults() {
    return new ServeConfig(
        "127.0.0.1",
        8000,
        8001,
        NONE,
        NONE,
        NONE,
        65_536,
        Bytes.mib(16),
        1024,
        Duration.ofSeconds(10),
        Duration.ofMinutes(10),
        "score");
  }

  /** Whether both ports speak TLS, and nothing else. */
  public boolean tls() {
    return !tlsCertificate.equals(NONE);
  }

  /** Whether callers need a token. */
  public boolean restricted() {
    return !tokens.equals(NONE);
  }

  /** The same with another gRPC port. */
  public ServeConfig withGrpcPort(int port) {
    return withPorts(httpPort, port);
  }

  /** The same on ports that are free. */
  public ServeConfig withFreePorts() {
    return withPorts(0, 0);
  }

  private ServeConfig withPorts(int http, int grpc) {
    return new ServeConfig(
        host,
        http,
        grpc,
        tlsCertificate,
        tlsKey,
        tokens,
        maxIds,
        maxBody,
        maxConcurrent,
        requestTimeout,
        maxStaleness,
        scoreModel);
  }

  private static boolean isPort(int port) {
    return port >= 0 && port <= 65_535;
  }
}
