package dev.varve.cluster;

import com.linecorp.armeria.client.ClientFactory;
import com.linecorp.armeria.client.ClientFactoryBuilder;
import com.linecorp.armeria.common.TlsKeyPair;
import com.linecorp.armeria.common.TlsProvider;
import dev.varve.base.Check;
import dev.varve.base.Reloaded;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * How instances reach each other: where this one is found, and the others in clear text or over
 * TLS, with which token.
 *
 * <p><b>Threads:</b> any.
 */
public final class PeerAccess {
  private static final Duration LONGEST_CONNECT = Duration.ofMillis(500);
  private static final Pattern TOKEN = Pattern.compile("[!-~]+");

  private final String address;
  private final boolean tls;
  private final @Nullable Reloaded<List<X509Certificate>> trusted;
  private final @Nullable Reloaded<String> token;

  /**
   * Reads the files.
   *
   * @param address {@code host:port} at which others reach this one's gRPC; empty where none does
   * @param tls whether the ports of all instances have TLS
   * @throws IllegalArgumentException when a file is not what it should be
   */
  public PeerAccess(String address, boolean tls, PeersConfig config) {
    this.address = address;
    this.tls = tls;
    this.trusted =
        tls && config.hasCa()
            ? new Reloaded<>("peers.ca", List.of(config.ca()), () -> certificates(config.ca()))
            : null;
    this.token =
        config.hasToken()
            ? new Reloaded<>("peers.token", List.of(config.token()), () -> token(config.token()))
            : null;
  }

  /** Not at all: for a process that is alone. */
  public static PeerAccess none() {
    return new PeerAccess("", false, PeersConfig.defaults());
  }

  /** Where others reach this one's gRPC; empty where none does. */
  public String address() {
    return address;
  }

  /** Looks whether the files have changed; twice, and what has changed is in force. */
  void check() {
    if (trusted != null) {
      trusted.check();
    }
    if (token != null) {
      token.check();
    }
  }

  String scheme() {
    return tls ? "gproto+https://" : "gproto+http://";
  }

  /** The token to show; empty for none. */
  String token() {
    return token == null ? "" : token.get();
  }

  ClientFactory connections() {
    ClientFactoryBuilder builder = ClientFactory.builder().connectTimeout(LONGEST_CONNECT);
    if (trusted != null) {
      builder.tlsProvider(new Trusting(trusted));
    }
    return builder.build();
  }

  private static List<X509Certificate> certificates(Path pem) {
    try (var in = Files.newInputStream(pem)) {
      List<X509Certificate> found =
          CertificateFactory.getInstance("X.509").generateCertificates(in).stream()
              .map(X509Certificate.class::cast)
              .toList();
      Check.that(!found.isEmpty(), "peers.ca", pem, "at least one X.509 certificate in PEM");
      return found;
    } catch (IOException | CertificateException e) {
      throw new IllegalArgumentException(
          Check.message("peers.ca", pem, "a file with X.509 certificates in PEM"), e);
    }
  }

  private static String token(Path file) {
    String rule = "a file with a token and nothing else, as varve token prints it";
    try {
      String found = Files.readString(file).strip();
      Check.that(TOKEN.matcher(found).matches(), "peers.token", file, rule);
      return found;
    } catch (IOException e) {
      throw new IllegalArgumentException(Check.message("peers.token", file, rule), e);
    }
  }

  /** Has no certificate of its own, and trusts those of the moment. */
  private record Trusting(Reloaded<List<X509Certificate>> now) implements TlsProvider {
    @Override
    public @Nullable TlsKeyPair keyPair(String hostname) {
      return null;
    }

    @Override
    public List<X509Certificate> trustedCertificates(String hostname) {
      return now.get();
    }
  }
}
