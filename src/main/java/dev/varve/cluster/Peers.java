package dev.varve.cluster;

import com.linecorp.armeria.client.ClientFactory;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The other instances, by address; connected to when they are first asked.
 *
 * <p><b>Threads:</b> any.
 */
final class Peers implements AutoCloseable {
  private final PeerAccess access;
  private final ClientFactory connections;
  private final Map<String, Peer> peers = new ConcurrentHashMap<>();
  private final int largestAnswer;

  /**
   * @param largestAnswer bytes
   */
  Peers(PeerAccess access, int largestAnswer) {
    this.access = access;
    this.connections = access.connections();
    this.largestAnswer = largestAnswer;
  }

  Peer at(String address) {
    return peers.computeIfAbsent(
        address, _ -> new Peer(address, access, connections, largestAnswer));
  }

  @Override
  public void close() {
    connections.close();
  }
}
