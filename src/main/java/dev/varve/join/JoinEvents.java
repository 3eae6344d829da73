package dev.varve.join;

import dev.varve.event.EventFormat;
import dev.varve.event.ExampleCodec;
import dev.varve.event.LimitsConfig;
import dev.varve.event.RefusedEventException;
import dev.varve.schema.Click;
import dev.varve.schema.Impression;
import java.nio.charset.StandardCharsets;

/** Reads impressions and clicks, in protobuf or JSON, and refuses what breaks a rule. */
public final class JoinEvents {
  private static final int LONGEST_ID = 1 << 10;

  private final LimitsConfig limits;

  public JoinEvents(LimitsConfig limits) {
    this.limits = limits;
  }

  /**
   * Reads an impression. Features are checked when it is learned.
   *
   * @throws RefusedEventException when it is malformed or breaks a rule
   */
  public Impression impression(byte[] event) throws RefusedEventException {
    Impression impression = EventFormat.parse(within(event), Impression.newBuilder()).build();
    requireId(impression.getRequestId());
    ExampleCodec.requireTime(impression.getEventTimeMs());
    if (impression.getFeaturesCount() == 0) {
      throw RefusedEventException.of("features", 0, "at least one");
    }
    return impression;
  }

  /**
   * Reads a click, or a heartbeat.
   *
   * @throws RefusedEventException when it is malformed or breaks a rule
   */
  public Click click(byte[] event) throws RefusedEventException {
    Click click = EventFormat.parse(within(event), Click.newBuilder()).build();
    if (!click.getHeartbeat()) {
      requireId(click.getRequestId());
    }
    ExampleCodec.requireTime(click.getEventTimeMs());
    return click;
  }

  private byte[] within(byte[] event) throws RefusedEventException {
    if (event.length > limits.eventBytes().count()) {
      throw RefusedEventException.of(
          "event", event.length + " bytes", "at most " + limits.eventBytes());
    }
    return event;
  }

  private static void requireId(String id) throws RefusedEventException {
    int bytes = id.getBytes(StandardCharsets.UTF_8).length;
    if (bytes == 0 || bytes > LONGEST_ID) {
      throw RefusedEventException.of("request_id", bytes + " bytes", "1 to 1024");
    }
  }
}
