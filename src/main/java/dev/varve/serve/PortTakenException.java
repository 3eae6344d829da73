package dev.varve.serve;

import dev.varve.base.Check;

/** The server cannot listen where it was told to: usually something else already does. */
public final class PortTakenException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  PortTakenException(String key, String host, int port, Throwable cause) {
    super(
        Check.message(
            key,
            port,
            "a free port on %s; %s:%d: %s; choose another, or 0 for any free one"
                .formatted(host, host, port, cause.getMessage())),
        cause);
  }
}
