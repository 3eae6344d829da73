package dev.varve.crash;

import dev.varve.broker.EmbeddedBroker;
import java.io.IOException;
import java.nio.file.Path;

/** The embedded broker in a process of its own, so that it survives those that are killed. */
public final class BrokerMain {
  private BrokerMain() {}

  /**
   * Runs until a signal or the end of standard input.
   *
   * @param args the data folder, the port
   */
  public static void main(String[] args) throws IOException, InterruptedException {
    Marker.STARTING.say();
    try (var _ = EmbeddedBroker.start(Path.of(args[0]), Integer.parseInt(args[1]))) {
      Marker.RUNNING.say();
      while (System.in.read() >= 0) {
        // Whoever started this holds the other end: when it is gone, this has to go as well.
      }
    } finally {
      Runtime.getRuntime().halt(1);
    }
  }
}
