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
  void aValueOf100CharactersIsKeptWhole() {
    String value = "x".repeat(100);

    assertThat(RefusedEventException.of("id", value, "short"))
        .hasMessage("id: " + value + " (expected: short)");
  }

  @Test
  void aLongNameAndALongValueAreCutWithTheirLengths() {
    assertThat(RefusedEventException.of("n".repeat(101), "v".repeat(1_000_000), "short"))
        .hasMessage(
            "n".repeat(100)
                + "... (101 characters): "
                + "v".repeat(100)
                + "... (1000000 characters) (expected: short)");
  }

  @Test
  void aFloodOfThemStaysCheap() {
    assertThat(RefusedEventException.of("label", "missing", "0 to 1").getStackTrace()).isEmpty();
  }
}
