package dev.varve.base;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.testing.LogLines;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReloadedTest {
  @TempDir private Path folder;
  private Path file = Path.of("");
  private int reads;

  @BeforeEach
  void write() throws IOException {
    file = folder.resolve("number");
    Files.writeString(file, "1");
  }

  @Test
  void changeCountsWhenItIsSeenTwice() throws IOException {
    var number = number();
    assertThat(number.get()).isEqualTo(1);

    Files.writeString(file, "2");
    number.check();
    assertThat(number.get()).isEqualTo(1);
    Files.writeString(file, "23");
    number.check();
    assertThat(number.get()).isEqualTo(1);
    number.check();

    assertThat(number.get()).isEqualTo(23);
  }

  @Test
  void whatDoesNotChangeIsNotReadAgain() {
    var number = number();
    number.check();
    number.check();

    assertThat(reads).isEqualTo(1);
  }

  @Test
  void brokenFileKeepsTheValueAndIsLoggedOnce() throws IOException {
    var number = number();
    try (var log = new LogLines(Reloaded.class)) {
      Files.writeString(file, "x");
      number.check();
      number.check();
      number.check();
      assertThat(number.get()).isEqualTo(1);
      assertThat(log.all())
          .containsExactly("For input string: \"x\"; what was read before stays in force");

      Files.delete(file);
      number.check();
      number.check();
      assertThat(number.get()).isEqualTo(1);
      assertThat(log.all()).hasSize(2);

      Files.writeString(file, "4");
      number.check();
      number.check();
      assertThat(number.get()).isEqualTo(4);
      assertThat(log.all()).last().isEqualTo("number: read again");
    }
  }

  @Test
  void symbolicLinkThatPointsElsewhereIsAChange() throws IOException {
    Path link = Files.createSymbolicLink(folder.resolve("link"), file);
    Path other = Files.writeString(folder.resolve("other"), "9");
    var number = new Reloaded<>("number", List.of(link), () -> parse(link));

    Files.delete(link);
    Files.createSymbolicLink(link, other);
    number.check();
    number.check();

    assertThat(number.get()).isEqualTo(9);
  }

  @Test
  void brokenFileAtTheStartIsThrown() throws IOException {
    Files.writeString(file, "x");

    assertThatThrownBy(this::number).isInstanceOf(NumberFormatException.class);
  }

  private Reloaded<Integer> number() {
    return new Reloaded<>("number", List.of(file), () -> parse(file));
  }

  private int parse(Path from) {
    reads++;
    try {
      return Integer.parseInt(Files.readString(from));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
