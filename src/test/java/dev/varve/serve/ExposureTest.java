package dev.varve.serve;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.base.Bytes;
import dev.varve.testing.LogLines;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class ExposureTest {
  private static final String RULE =
      " (expected: 127.0.0.1, or serve.tokens, serve.tls-certificate and serve.tls-key too); ";

  @Test
  void portsThatOthersReachWithoutTokensOrTlsAreWarnedOf() {
    assertThat(warnings("0.0.0.0", "", ""))
        .containsExactly(
            "serve.host: 0.0.0.0"
                + RULE
                + "whoever reaches the ports reads vectors and sends"
                + " commands");
    assertThat(warnings("0.0.0.0", "", "tokens.yaml"))
        .containsExactly(
            "serve.host: 0.0.0.0" + RULE + "who listens on the way reads tokens and vectors");
    assertThat(warnings("0.0.0.0", "cert.pem", "")).hasSize(1);
  }

  @Test
  void loopbackAndWhatIsProtectedAreNot() {
    assertThat(warnings("127.0.0.1", "", "")).isEmpty();
    assertThat(warnings("localhost", "", "")).isEmpty();
    assertThat(warnings("0.0.0.0", "cert.pem", "tokens.yaml")).isEmpty();
  }

  private static List<String> warnings(String host, String tls, String tokens) {
    var config =
        new ServeConfig(
            host,
            0,
            0,
            Path.of(tls),
            Path.of(tls),
            Path.of(tokens),
            1,
            Bytes.kib(1),
            1,
            Duration.ofSeconds(1),
            Duration.ZERO,
            "score");
    try (var log = new LogLines(Exposure.class)) {
      Exposure.warn(config);
      return List.copyOf(log.all());
    }
  }
}
