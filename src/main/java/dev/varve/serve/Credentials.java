package dev.varve.serve;

import com.linecorp.armeria.common.TlsKeyPair;
import com.linecorp.armeria.common.TlsProvider;
import dev.varve.base.Reloaded;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The certificate and the tokens of a server, as their files have them now. */
final class Credentials {
  private final @Nullable Reloaded<TlsKeyPair> certificate;
  private final @Nullable Reloaded<Tokens> tokens;

  /**
   * Reads the files that the configuration names.
   *
   * @throws IllegalArgumentException when one of them is broken
   */
  Credentials(ServeConfig config) {
    this.certificate =
        config.tls()
            ? new Reloaded<>(
                "serve.tls-certificate",
                List.of(config.tlsCertificate(), config.tlsKey()),
                () -> Certificate.read(config.tlsCertificate(), config.tlsKey()))
            : null;
    this.tokens =
        config.restricted()
            ? new Reloaded<>(
                "serve.tokens", List.of(config.tokens()), () -> Tokens.read(config.tokens()))
            : null;
  }

  /** The certificate for a new connection; null without TLS. */
  @Nullable TlsProvider tls() {
    Reloaded<TlsKeyPair> current = certificate;
    return current == null ? null : _ -> current.get();
  }

  /** The tokens that are valid; null where none is needed. */
  @Nullable Supplier<Tokens> tokens() {
    return tokens == null ? null : tokens::get;
  }

  /** Looks whether the files have changed; twice, and what has changed is in force. */
  void check() {
    if (certificate != null) {
      certificate.check();
    }
    if (tokens != null) {
      tokens.check();
    }
  }
}
