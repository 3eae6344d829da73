package dev.varve.base;

import static dev.varve.testing.Cases.forAll;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BytesTest {
  @ParameterizedTest
  @CsvSource({
    "0, 0",
    "512, 512",
    "512B, 512",
    "1KiB, 1024",
    "64 KiB, 65536",
    "'  3MiB ', 3145728",
    "4GiB, 4294967296",
    "8589934591GiB, 9223372035781033984",
  })
  void aSizeIsANumberAndAUnit(String text, long count) {
    assertThat(Bytes.parse(text)).isEqualTo(new Bytes(count));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "KiB", "-1", "1.5MiB", "1kib", "1KB", "1 K iB", "0x10", "8589934592GiB", "٣"})
  void whatIsNoSizeIsRefusedWithTheForms(String text) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Bytes.parse(text))
        .withMessage(
            "size: %s (expected: a size such as 512, 64KiB, 256MiB or 4GiB)".formatted(text));
  }

  @Test
  void aNumberOfBytesIsNeverNegative() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Bytes(-1))
        .withMessage("bytes: -1 (expected: at least 0)");
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0",
    "1023, 1023",
    "1024, 1KiB",
    "1536, 1536",
    "1048576, 1MiB",
    "1049600, 1025KiB",
    "2147483648, 2GiB",
  })
  void theTextHasTheLargestUnitThatDivides(long count, String text) {
    assertThat(new Bytes(count)).hasToString(text);
  }

  @Test
  void theTextOfASizeIsReadAsTheSameSize() {
    forAll(
        500,
        random -> {
          var size = new Bytes(random.nextLong(1L << random.nextInt(1, 59)));
          var round = new Bytes(random.nextLong(1 << 20) << (10 * random.nextInt(5)));
          assertThat(Bytes.parse(size.toString())).isEqualTo(size);
          assertThat(Bytes.parse(round.toString())).isEqualTo(round);
        });
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0 B",
    "1023, 1023 B",
    "1024, 1.00 KiB",
    "1536, 1.50 KiB",
    "5242880, 5.00 MiB",
    "1649267441664, 1.50 TiB",
    "9223372036854775807, 8.00 EiB",
  })
  void peopleReadTwoDigitsOfTheLargestUnitThatFits(long count, String text) {
    assertThat(new Bytes(count).toHuman()).isEqualTo(text);
  }

  @Test
  void unitsArePowersOf1024() {
    assertThat(Bytes.kib(3)).isEqualTo(new Bytes(3 * 1024));
    assertThat(Bytes.mib(3)).isEqualTo(new Bytes(3 * 1024 * 1024));
  }
}
