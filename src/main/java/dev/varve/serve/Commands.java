package dev.varve.serve;

import dev.varve.schema.Command;
import dev.varve.schema.Reply;
import java.util.concurrent.CompletableFuture;

/** Carries operators' commands to the part that balances, wherever it runs. */
@FunctionalInterface
public interface Commands {
  /**
   * Sends a command, which may block for a moment.
   *
   * @param command with an id; one that was used before is answered as it was then
   * @return the reply; {@link java.util.concurrent.TimeoutException} when there is none in time,
   *     and then the command may be carried out all the same
   */
  CompletableFuture<Reply> send(Command command);
}
