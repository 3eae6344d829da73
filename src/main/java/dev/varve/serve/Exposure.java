package dev.varve.serve;

import dev.varve.base.Check;
import java.net.InetSocketAddress;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Says so once when other machines reach the ports and nothing protects them. */
final class Exposure {
  private static final Logger LOG = LoggerFactory.getLogger(Exposure.class);

  private Exposure() {}

  static void warn(ServeConfig config) {
    var address = new InetSocketAddress(config.host(), 0).getAddress();
    boolean local = address != null && address.isLoopbackAddress();
    if (local || (config.tls() && config.restricted())) {
      return;
    }
    String harm =
        config.restricted()
            ? "who listens on the way reads tokens and vectors"
            : "whoever reaches the ports reads vectors and sends commands";
    LOG.warn(
        "{}; {}",
        Check.message(
            "serve.host",
            config.host(),
            "127.0.0.1, or serve.tokens, serve.tls-certificate and serve.tls-key too"),
        harm);
  }
}
