package dev.varve.cli;

import dev.varve.base.Check;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** What client and server know each other by, from the user's files. */
final class Trust {
  private Trust() {}

  /**
   * Trusts servers whose certificate is one of a file, or is signed by one.
   *
   * @throws CommandException when there is none in it
   */
  static SSLContext of(Path pem) {
    try (var in = Files.newInputStream(pem)) {
      KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
      trusted.load(null, null);
      for (Certificate certificate :
          CertificateFactory.getInstance("X.509").generateCertificates(in)) {
        trusted.setCertificateEntry("ca-" + trusted.size(), certificate);
      }
      if (trusted.size() == 0) {
        throw refused(pem);
      }
      var managers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      managers.init(trusted);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, managers.getTrustManagers(), null);
      return context;
    } catch (GeneralSecurityException e) {
      throw refused(pem);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * The token in a file, which has nothing else.
   *
   * @throws CommandException when there is no single word in it; the message does not quote it
   */
  static String token(Path file) {
    try {
      String token = Files.readString(file).strip();
      if (!token.matches("[!-~]+")) {
        throw CommandException.impossible(
            Check.message("--token-file", file, "a file with a token and nothing else"));
      }
      return token;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static CommandException refused(Path pem) {
    return CommandException.impossible(
        Check.message("--ca", pem, "a file with X.509 certificates in PEM"));
  }
}
