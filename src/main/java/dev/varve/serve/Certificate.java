package dev.varve.serve;

import com.linecorp.armeria.common.TlsKeyPair;
import dev.varve.base.Check;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateFactory;
import java.security.cert.CertificateNotYetValidException;
import java.security.cert.X509Certificate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The certificate of both ports and its private key. */
final class Certificate {
  private static final Logger LOG = LoggerFactory.getLogger(Certificate.class);

  private Certificate() {}

  /**
   * Reads both files.
   *
   * @throws IllegalArgumentException when one of them is not what it should be, or they do not
   *     belong together
   */
  static TlsKeyPair read(Path certificate, Path key) {
    requireFile("serve.tls-certificate", certificate);
    requireFile("serve.tls-key", key);
    TlsKeyPair pair = pair(certificate, key);
    X509Certificate own = pair.certificateChain().getFirst();
    Check.that(
        belong(pair.privateKey(), own.getPublicKey()),
        "serve.tls-key",
        key,
        "the private key of the first certificate in " + certificate);
    warnOfDates(certificate, own);
    return pair;
  }

  private static void requireFile(String name, Path file) {
    Check.that(Files.isRegularFile(file) && Files.isReadable(file), name, file, "a file to read");
  }

  /** Reads the certificate alone first, so that a message names the file that is broken. */
  private static TlsKeyPair pair(Path certificate, Path key) {
    try (var in = Files.newInputStream(certificate)) {
      var factory = CertificateFactory.getInstance("X.509");
      Check.that(
          !factory.generateCertificates(in).isEmpty(),
          "serve.tls-certificate",
          certificate,
          "X.509 certificates in PEM");
    } catch (IOException | GeneralSecurityException e) {
      throw new IllegalArgumentException(
          Check.message("serve.tls-certificate", certificate, "X.509 certificates in PEM"), e);
    }
    try {
      return TlsKeyPair.of(key.toFile(), certificate.toFile());
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          Check.message(
              "serve.tls-key",
              key,
              "an RSA or EC private key in PEM, not encrypted; openssl pkcs8 -topk8 -nocrypt makes"
                  + " one of other forms"),
          e);
    }
  }

  /** Whether what the one signs the other verifies. */
  private static boolean belong(PrivateKey key, PublicKey certified) {
    String algorithm = key.getAlgorithm().equals("EC") ? "SHA256withECDSA" : "SHA256withRSA";
    byte[] anything = {1, 2, 3};
    try {
      Signature signing = Signature.getInstance(algorithm);
      signing.initSign(key);
      signing.update(anything);
      byte[] signed = signing.sign();
      Signature verifying = Signature.getInstance(algorithm);
      verifying.initVerify(certified);
      verifying.update(anything);
      return verifying.verify(signed);
    } catch (GeneralSecurityException e) {
      return false;
    }
  }

  /** No reason to refuse: a clock may be wrong, and an old certificate is better than no server. */
  private static void warnOfDates(Path file, X509Certificate certificate) {
    try {
      certificate.checkValidity();
    } catch (CertificateExpiredException | CertificateNotYetValidException e) {
      LOG.warn(
          "serve.tls-certificate: {} (expected: a certificate that is valid now; this one is from"
              + " {} to {})",
          file,
          certificate.getNotBefore().toInstant(),
          certificate.getNotAfter().toInstant());
    }
  }
}
