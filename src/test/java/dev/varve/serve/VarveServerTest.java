package dev.varve.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.linecorp.armeria.client.grpc.GrpcClients;
import dev.varve.schema.inference.GRPCInferenceServiceGrpc.GRPCInferenceServiceBlockingStub;
import dev.varve.schema.inference.ServerLiveRequest;
import io.grpc.StatusRuntimeException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class VarveServerTest {
  private static final Duration MINUTE = Duration.ofMinutes(1);

  private final Served served = RunningServer.served(FakeEmbeddings.users());

  @Test
  void takenHttpPortIsNamedWithItsKey() throws Exception {
    try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      int port = taken.getLocalPort();
      assertThatThrownBy(() -> VarveServer.start(RunningServer.config(port, 0), served))
          .isInstanceOf(PortTakenException.class)
          .hasMessageStartingWith(
              "serve.http-port: %d (expected: a free port on 127.0.0.1; 127.0.0.1:%d: "
                  .formatted(port, port))
          .hasMessageContaining("in use");
    }
  }

  @Test
  void takenGrpcPortIsNamedAndTheHttpPortFreedAgain() throws Exception {
    int free = freePort();
    try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      assertThatThrownBy(
              () -> VarveServer.start(RunningServer.config(free, taken.getLocalPort()), served))
          .isInstanceOf(PortTakenException.class)
          .hasMessageStartingWith("serve.grpc-port: " + taken.getLocalPort());
    }
    new ServerSocket(free, 1, InetAddress.getLoopbackAddress()).close();
  }

  @Test
  void hostWithoutAnAddressIsRefused() {
    var config = config("[no address]", 1);

    assertThatIllegalArgumentException()
        .isThrownBy(() -> VarveServer.start(config, served))
        .withMessage("serve.host: [no address] (expected: a host with an address)");
  }

  @Test
  void moreIdsThanAnAnswerCanHoldAreRefused() {
    var config = config("127.0.0.1", 1 << 20);
    var wide = RunningServer.served(new FakeEmbeddings(1024));

    assertThatIllegalArgumentException()
        .isThrownBy(() -> VarveServer.start(config, wide))
        .withMessage("serve.max-ids: 1048576 (expected: at most 65536 at base dimension 1024)");
  }

  @Test
  void closeEndsOpenConnectionsAndFreesBothPorts() throws Exception {
    VarveServer server = VarveServer.start(RunningServer.config(0, 0), served);
    int httpPort = server.httpPort();
    int grpcPort = server.grpcPort();
    try (var kept = new Socket(InetAddress.getLoopbackAddress(), httpPort)) {
      kept.getOutputStream()
          .write(
              "GET /v2/health/live HTTP/1.1\r\nHost: x\r\n\r\n"
                  .getBytes(StandardCharsets.US_ASCII));
      assertThat(kept.getInputStream().read()).isEqualTo('H');

      server.close();

      assertThat(kept.getInputStream().readAllBytes()).isNotEmpty();
    }
    VarveServer again = VarveServer.start(RunningServer.config(httpPort, grpcPort), served);
    again.close();
  }

  @Test
  void eachPortAnswersItsOwnProtocolOnly() throws Exception {
    try (var server = VarveServer.start(RunningServer.config(0, 0), served);
        var client = HttpClient.newHttpClient()) {
      var rest =
          HttpRequest.newBuilder(
              URI.create("http://127.0.0.1:%d/v2/health/live".formatted(server.grpcPort())));
      assertThat(client.send(rest.build(), BodyHandlers.ofString()).statusCode()).isEqualTo(404);

      var grpc =
          GrpcClients.newClient(
              "gproto+http://127.0.0.1:" + server.httpPort(),
              GRPCInferenceServiceBlockingStub.class);
      assertThatThrownBy(() -> grpc.serverLive(ServerLiveRequest.getDefaultInstance()))
          .isInstanceOf(StatusRuntimeException.class);
    }
  }

  private static ServeConfig config(String host, int maxIds) {
    var none = RunningServer.NONE;
    return new ServeConfig(
        host, 0, 0, none, none, none, maxIds, RunningServer.MAX_BODY, 1, MINUTE, MINUTE, "score");
  }

  private static int freePort() throws Exception {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }
}
