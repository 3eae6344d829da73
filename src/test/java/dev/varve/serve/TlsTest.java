package dev.varve.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.linecorp.armeria.client.ClientFactory;
import com.linecorp.armeria.client.grpc.GrpcClients;
import dev.varve.schema.inference.GRPCInferenceServiceGrpc.GRPCInferenceServiceBlockingStub;
import dev.varve.schema.inference.ServerLiveRequest;
import dev.varve.testing.TestCertificate;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.time.Duration;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TlsTest {
  @TempDir private static Path folder;
  private static TestCertificate first;
  private static TestCertificate second;

  private final Served served = RunningServer.served(FakeEmbeddings.users());

  @BeforeAll
  static void make() throws Exception {
    first = TestCertificate.make(folder, "first", "EC");
    second = TestCertificate.make(folder, "second", "RSA");
  }

  @Test
  void bothPortsSpeakTlsAndNothingElse() throws Exception {
    try (var server = VarveServer.start(config(first.certificate(), first.key()), served)) {
      assertThat(live("https", server.httpPort(), first).body()).isEqualTo("{\"live\":true}");
      assertThat(grpcLive("https", server.grpcPort(), first)).isTrue();

      for (int port : new int[] {server.httpPort(), server.grpcPort()}) {
        assertThatThrownBy(() -> live("http", port, first)).isInstanceOf(IOException.class);
      }
      assertThatThrownBy(() -> grpcLive("http", server.grpcPort(), first))
          .isInstanceOf(StatusRuntimeException.class);
    }
  }

  @Test
  void newCertificateIsServedWithoutARestartAndABrokenOneIsNot() throws Exception {
    Path certificate = Files.copy(first.certificate(), folder.resolve("served.pem"));
    Path key = Files.copy(first.key(), folder.resolve("served.key"));
    try (var server = VarveServer.start(config(certificate, key), served)) {
      assertThat(subject(live("https", server.httpPort(), first))).isEqualTo("CN=first");

      // The key still is the old one.
      Files.copy(second.certificate(), certificate, StandardCopyOption.REPLACE_EXISTING);
      reload(server);
      assertThat(subject(live("https", server.httpPort(), first))).isEqualTo("CN=first");

      Files.copy(second.key(), key, StandardCopyOption.REPLACE_EXISTING);
      reload(server);
      assertThat(subject(live("https", server.httpPort(), second))).isEqualTo("CN=second");
      assertThat(grpcLive("https", server.grpcPort(), second)).isTrue();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"EC", "RSA"})
  void keysBelongToTheirCertificate(String algorithm) throws Exception {
    var made = TestCertificate.make(folder, algorithm + "-key", algorithm);

    assertThat(Certificate.read(made.certificate(), made.key()).certificateChain()).hasSize(1);
  }

  @Test
  void whatIsNotRightIsRefusedAtTheStartWithItsKey() throws Exception {
    Path missing = folder.resolve("missing.pem");
    assertRefused(
        missing, first.key(), "serve.tls-certificate: %s (expected: a file to read)", missing);
    assertRefused(
        first.certificate(), missing, "serve.tls-key: %s (expected: a file to read)", missing);

    Path noPem = Files.writeString(folder.resolve("no.pem"), "nothing");
    assertRefused(
        noPem,
        first.key(),
        "serve.tls-certificate: %s (expected: X.509 certificates in PEM)",
        noPem);
    assertRefused(
        first.certificate(),
        noPem,
        "serve.tls-key: %s (expected: an RSA or EC private key in PEM, not encrypted; openssl pkcs8"
            + " -topk8 -nocrypt makes one of other forms)",
        noPem);
    assertRefused(
        first.certificate(),
        second.key(),
        "serve.tls-key: %s (expected: the private key of the first certificate in "
            + first.certificate()
            + ")",
        second.key());
  }

  private static void assertRefused(Path certificate, Path key, String message, Path named) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> VarveServer.requireCredentials(config(certificate, key)))
        .withMessage(message, named);
  }

  private static void reload(VarveServer server) {
    server.checkCredentials();
    server.checkCredentials();
  }

  private static ServeConfig config(Path certificate, Path key) {
    return new ServeConfig(
        "127.0.0.1",
        0,
        0,
        certificate,
        key,
        RunningServer.NONE,
        RunningServer.MAX_IDS,
        RunningServer.MAX_BODY,
        1,
        Duration.ofSeconds(30),
        RunningServer.STALENESS,
        "score");
  }

  /** Health, over a connection of its own. */
  private static HttpResponse<String> live(String scheme, int port, TestCertificate trusted)
      throws Exception {
    var request = HttpRequest.newBuilder(URI.create(url(scheme, port) + "/v2/health/live")).build();
    try (var client = HttpClient.newBuilder().sslContext(trusting(trusted)).build()) {
      return client.send(request, BodyHandlers.ofString());
    }
  }

  private static boolean grpcLive(String scheme, int port, TestCertificate trusted) {
    try (var connections =
        ClientFactory.builder()
            .tlsCustomizer(tls -> tls.trustManager(trusted.certificate().toFile()))
            .build()) {
      return GrpcClients.builder("gproto+" + url(scheme, port))
          .factory(connections)
          .build(GRPCInferenceServiceBlockingStub.class)
          .serverLive(ServerLiveRequest.getDefaultInstance())
          .getLive();
    }
  }

  private static String url(String scheme, int port) {
    return "%s://127.0.0.1:%d".formatted(scheme, port);
  }

  private static SSLContext trusting(TestCertificate certificate) throws Exception {
    var managers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    KeyStore store =
        KeyStore.getInstance(certificate.store().toFile(), TestCertificate.PASSWORD.toCharArray());
    KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
    trusted.load(null, null);
    trusted.setCertificateEntry("server", store.getCertificate("server"));
    managers.init(trusted);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, managers.getTrustManagers(), null);
    return context;
  }

  private static String subject(HttpResponse<String> response) throws Exception {
    var served = (X509Certificate) response.sslSession().orElseThrow().getPeerCertificates()[0];
    return served.getSubjectX500Principal().getName();
  }
}
