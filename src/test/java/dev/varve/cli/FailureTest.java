package dev.varve.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.base.Check;
import dev.varve.config.ConfigException;
import java.io.EOFException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.util.List;
import org.junit.jupiter.api.Test;

class FailureTest {
  private static final String EXPLAINED = Check.message("rate", -1, "above 0");

  @Test
  void wrongUsageEndsWithTwo() {
    assertThat(Failure.of(new ConfigException(List.of("a", "b"))))
        .isEqualTo(new Failure("a\nb", 2));
    assertThat(Failure.of(new IllegalArgumentException(EXPLAINED)))
        .isEqualTo(new Failure(EXPLAINED, 2));
  }

  @Test
  void whatFailsForAKnownReasonEndsWithOneAndTheReason() {
    assertThat(Failure.of(new CommandException("no"))).isEqualTo(new Failure("no", 1));
    assertThat(Failure.of(new IllegalStateException(EXPLAINED)))
        .isEqualTo(new Failure(EXPLAINED, 1));
    assertThat(Failure.of(new UncheckedIOException(new NoSuchFileException("/a"))))
        .isEqualTo(new Failure("file: /a (expected: an existing file)", 1));
    assertThat(Failure.of(new AccessDeniedException("/a")))
        .isEqualTo(new Failure("file: /a (expected: a file that may be read and written)", 1));
    assertThat(Failure.of(new EOFException("cut off")))
        .isEqualTo(new Failure("EOFException: cut off", 1));
  }

  @Test
  void anythingElseIsAnErrorInVarve() {
    assertThat(Failure.of(new IllegalArgumentException("bad")))
        .isEqualTo(
            new Failure(
                "internal error: java.lang.IllegalArgumentException: bad"
                    + " (run again with --stacktrace to see where)",
                1));
  }
}
