package dev.varve.base;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNoException;

import org.junit.jupiter.api.Test;

class CheckTest {
  @Test
  void whatHoldsPasses() {
    assertThatNoException().isThrownBy(() -> Check.that(true, "rows", 3, "at least 1"));
  }

  @Test
  void theMessageHasNameValueAndRule() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Check.that(false, "rows", 0, "at least 1"))
        .withMessage("rows: 0 (expected: at least 1)");
  }

  @Test
  void aPercentSignInAValueIsNoFormat() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Check.that(false, "share", "50%d", "%s"))
        .withMessage("share: 50%d (expected: %s)");
  }

  @Test
  void aNameAndAValueOf200CharactersAreKeptWhole() {
    String text = "x".repeat(200);

    assertThat(Check.message(text, text, "short"))
        .isEqualTo("%s: %s (expected: short)".formatted(text, text));
  }

  @Test
  void aLongNameAndALongValueAreCutWithTheirLengths() {
    assertThat(Check.message("n".repeat(201), "v".repeat(1_000_000), "short"))
        .isEqualTo(
            "%s... (201 characters): %s... (1000000 characters) (expected: short)"
                .formatted("n".repeat(200), "v".repeat(200)));
  }
}
