package dev.varve.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.testing.TestCertificate;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServerOptionTest {
  @TempDir private static Path folder;

  @Test
  void showsTheTokenOfItsFile() throws Exception {
    Path file = Files.writeString(folder.resolve("token"), "secret-1\n");
    try (var server = new FakeServer(200, "[]")) {
      var run = CommandRun.of("topics", "--server", server.url(), "--token-file", file.toString());

      assertThat(run.exitCode()).isZero();
      assertThat(server.authorization()).isEqualTo("Bearer secret-1");
    }
  }

  @Test
  void withoutOneItShowsNone() throws Exception {
    try (var server = new FakeServer(200, "[]")) {
      CommandRun.of("topics", "--server", server.url());

      assertThat(server.authorization()).isEqualTo("none");
    }
  }

  @Test
  void refusalSaysHowToShowAToken() throws Exception {
    try (var server = new FakeServer(401, "{\"error\":\"authorization: none (expected: x)\"}")) {
      var run = CommandRun.of("rebalance", "status", "--server", server.url());

      assertThat(run.exitCode()).isEqualTo(1);
      assertThat(run.err())
          .startsWith(
              "authorization: none (expected: x); show one with --token-file or VARVE_TOKEN (HTTP"
                  + " 401 from ");
    }
  }

  @Test
  void fileWithoutATokenIsRefusedAndNotQuoted() throws Exception {
    Path file = Files.writeString(folder.resolve("two"), "secret-1\nsecret-2\n");

    var run = CommandRun.of("status", "--token-file", file.toString());

    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.err())
        .startsWith("--token-file: %s (expected: a file with a token and nothing".formatted(file))
        .doesNotContain("secret");
  }

  @Test
  void trustsTheCertificatesThatItIsGivenAndNoOther() throws Exception {
    var certificate = TestCertificate.make(folder, "fake", "EC");
    try (var server = FakeServer.tls(certificate, 200, "[]")) {
      String ca = certificate.certificate().toString();
      assertThat(CommandRun.of("topics", "--server", server.url(), "--ca", ca).exitCode()).isZero();

      var untrusted = CommandRun.of("topics", "--server", server.url());
      assertThat(untrusted.exitCode()).isEqualTo(1);
      assertThat(untrusted.err())
          .startsWith(
              "server: %s (expected: a certificate to trust, see --ca, and TLS; got "
                  .formatted(server.url()));

      String key = certificate.key().toString();
      var noCertificate = CommandRun.of("topics", "--server", server.url(), "--ca", key);
      assertThat(noCertificate.exitCode()).isEqualTo(2);
      assertThat(noCertificate.err())
          .startsWith("--ca: %s (expected: a file with X.509 certificates in PEM)".formatted(key));
    }
  }
}
