package dev.varve.event;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RefusedEventExceptionTest {
  @Test
  void theMessageHasNameValueAndRule() {
    assertThat(RefusedEventException.of("label", 2f, "0 to 1"))
        .hasMessage("label: 2.0 (expected: 0 to 1)");
  }

  @Test
  void aLongNameAndALongValueAreCutWithTheirLengths() {
    assertThat(RefusedEventException.of("n".repeat(201), "v".repeat(1_000_000), "short"))
        .hasMessage(
            "n".repeat(200)
                + "... (201 characters): "
                + "v".repeat(200)
                + "... (1000000 characters) (expected: short)");
  }

  @Test
  void aFloodOfThemStaysCheap() {
    assertThat(RefusedEventException.of("label", "missing", "0 to 1").getStackTrace()).isEmpty();
  }
}
