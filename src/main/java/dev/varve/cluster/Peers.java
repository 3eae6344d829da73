package dev.varve.cluster;

import com.linecorp.armeria.client.ClientFactory;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The other instances, by address; connected to when they are first asked.
 *
 * <p><b>Threads:</b> any.
 */
final class Peers implements AutoCloseable {
  private static final Duration LONGEST_CONNECT = Duration.ofMillis(500);

  private final ClientFactory factory =
      ClientFactory.builder().connectTimeout(LONGEST_CONNECT).build();
  private final Map<String, Peer> peers = new ConcurrentHashMap<>();
  private final int largestAnswer;

  /**
   * @param largestAnswer bytes
   */
  Peers(int largestAnswer) {
    this.largestAnswer = largestAnswer;
  }

  Peer at(String address) {
    return peers.computeIfAbsent(address, _ -> new Peer(address, factory, largestAnswer));
  }

  @Override
  public void close() {
    factory.close();
  }
}
