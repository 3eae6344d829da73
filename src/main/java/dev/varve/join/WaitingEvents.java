package dev.varve.join;

import dev.varve.schema.Waiting;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * What a joiner keeps of request ids: one {@link Waiting} each within {@link JoinConfig}'s window
 * and what comes behind it.
 *
 * <p><b>Threads:</b> the joiner's.
 */
public interface WaitingEvents {
  /**
   * What is kept of a request id.
   *
   * @param id in UTF-8
   * @param fromMs the earliest event time that it may have
   * @param toMs the latest
   */
  @Nullable Waiting find(byte[] id, long fromMs, long toMs);

  void put(byte[] id, Waiting waiting);

  void remove(byte[] id, Waiting waiting);

  void forEach(BiConsumer<byte[], Waiting> action);

  /** Removes what is before an event time; may take long. */
  void removeBefore(long ms);
}
