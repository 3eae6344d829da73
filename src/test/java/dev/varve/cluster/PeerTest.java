package dev.varve.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.linecorp.armeria.common.HttpHeaderNames;
import com.linecorp.armeria.common.TlsKeyPair;
import com.linecorp.armeria.server.Server;
import com.linecorp.armeria.server.ServerBuilder;
import com.linecorp.armeria.server.grpc.GrpcService;
import dev.varve.schema.ReadNewsReply;
import dev.varve.schema.ReadNewsRequest;
import dev.varve.schema.ShardsGrpc.ShardsImplBase;
import dev.varve.testing.TestCertificate;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How one instance reaches another. */
class PeerTest {
  private static final int LARGEST = 1 << 20;

  @TempDir private static Path folder;
  private static TestCertificate first;
  private static TestCertificate second;

  private final Queue<String> shown = new ConcurrentLinkedQueue<>();

  @BeforeAll
  static void make() throws Exception {
    first = TestCertificate.make(folder, "first", "EC");
    second = TestCertificate.make(folder, "second", "RSA");
  }

  private Server server(@Nullable TestCertificate certificate) {
    ServerBuilder builder = Server.builder();
    if (certificate == null) {
      builder.http(0);
    } else {
      builder
          .https(0)
          .tls(TlsKeyPair.of(certificate.key().toFile(), certificate.certificate().toFile()));
    }
    Server server =
        builder
            .service(GrpcService.builder().addService(new NoShards()).build())
            .decorator(
                (delegate, ctx, request) -> {
                  shown.add(request.headers().get(HttpHeaderNames.AUTHORIZATION, ""));
                  return delegate.serve(ctx, request);
                })
            .build();
    server.start().join();
    return server;
  }

  private static void ask(Peer peer) {
    assertThat(peer.await(peer.news()).getShardsCount()).isZero();
    assertThat(peer.isSilent()).isFalse();
  }

  private static String address(Server server) {
    return "localhost:" + server.activeLocalPort();
  }

  @Test
  void isAskedInClearTextAndWithoutATokenWhereNothingIsConfigured() {
    try (Server server = server(null);
        var peers = new Peers(PeerAccess.none(), LARGEST)) {
      ask(peers.at(address(server)));

      assertThat(shown).containsExactly("");
    }
  }

  @Test
  void isAskedOverTlsWithTheTokenOfTheMoment() throws IOException {
    Path token = Files.writeString(folder.resolve("a.token"), "one\n");
    Path ca = Files.copy(first.certificate(), folder.resolve("a.pem"));
    var access = new PeerAccess("", true, new PeersConfig(ca, token));
    try (Server server = server(first);
        Server renewed = server(second);
        var peers = new Peers(access, LARGEST)) {
      ask(peers.at(address(server)));
      Peer unknown = peers.at(address(renewed));
      assertThatThrownBy(() -> ask(unknown)).isInstanceOf(PeerException.class);
      assertThat(unknown.isSilent()).isTrue();

      Files.writeString(token, "two");
      Files.write(ca, Files.readAllBytes(second.certificate()));
      // A change counts when it is seen the second time.
      access.check();
      access.check();
      ask(unknown);

      assertThat(shown).containsExactly("Bearer one", "Bearer two");
    }
  }

  @Test
  void brokenFilesAreNamed() throws IOException {
    Path words = Files.writeString(folder.resolve("words"), "two words");
    Path none = Path.of("");

    assertThatIllegalArgumentException()
        .isThrownBy(() -> new PeerAccess("", true, new PeersConfig(words, none)))
        .withMessage("peers.ca: %s (expected: a file with X.509 certificates in PEM)", words);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new PeerAccess("", true, new PeersConfig(none, words)))
        .withMessage(
            "peers.token: %s (expected: a file with a token and nothing else, as varve token prints"
                + " it)",
            words);
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> new PeerAccess("", true, new PeersConfig(none, folder.resolve("missing"))))
        .withMessageStartingWith("peers.token: ");
  }

  /** Has nothing to say, and says so. */
  private static final class NoShards extends ShardsImplBase {
    @Override
    public void readNews(ReadNewsRequest request, StreamObserver<ReadNewsReply> observer) {
      observer.onNext(ReadNewsReply.getDefaultInstance());
      observer.onCompleted();
    }
  }
}
