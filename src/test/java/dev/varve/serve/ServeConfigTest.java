package dev.varve.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.varve.base.Bytes;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class ServeConfigTest {
  private static final Bytes BODY = Bytes.mib(16);
  private static final Duration TIMEOUT = Duration.ofSeconds(10);

  @Test
  void defaultsServeThisMachineOnTheProtocolsUsualPorts() {
    assertThat(ServeConfig.defaults())
        .isEqualTo(new ServeConfig("127.0.0.1", 8000, 8001, 65_536, BODY, TIMEOUT));
  }

  @Test
  void bothPortsMayBeFreeOnes() {
    assertThat(new ServeConfig("::1", 0, 0, 1, BODY, TIMEOUT).grpcPort()).isZero();
  }

  @Test
  void everyRuleIsNamedWithItsKey() {
    String port = "a port from 1 to 65535, or 0 for any free one";
    assertRefused(
        " ", 1, 2, 1, BODY, TIMEOUT, "serve.host:   (expected: a host name or an address)");
    assertRefused(
        "h", -1, 2, 1, BODY, TIMEOUT, "serve.http-port: -1 (expected: %s)".formatted(port));
    assertRefused(
        "h", 1, 65_536, 1, BODY, TIMEOUT, "serve.grpc-port: 65536 (expected: %s)".formatted(port));
    assertRefused(
        "h",
        5,
        5,
        1,
        BODY,
        TIMEOUT,
        "serve.grpc-port: 5 (expected: another port than serve.http-port)");
    assertRefused("h", 1, 2, 0, BODY, TIMEOUT, "serve.max-ids: 0 (expected: from 1 to 1048576)");
    assertRefused(
        "h", 1, 2, 1, new Bytes(1), TIMEOUT, "serve.max-body: 1 (expected: from 1KiB to 1GiB)");
    assertRefused(
        "h",
        1,
        2,
        1,
        BODY,
        Duration.ZERO,
        "serve.request-timeout: PT0S (expected: from 1 ms to 1 hour)");
  }

  private static void assertRefused(
      String host, int http, int grpc, int ids, Bytes body, Duration timeout, String message) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new ServeConfig(host, http, grpc, ids, body, timeout))
        .withMessage(message);
  }
}
