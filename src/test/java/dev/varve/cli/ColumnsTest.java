package dev.varve.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class ColumnsTest {
  @Test
  void columnsAreAsWideAsTheirWidestCellAndLinesEndWithoutSpaces() {
    assertThat(new Columns("a", ">n", "rest").row("long", "7", "").row("ü", "12345", "x").text())
        .isEqualTo("a         n  rest\nlong      7\nü     12345  x");
  }

  @Test
  void aRowHasACellForEveryColumn() {
    assertThatThrownBy(() -> new Columns("a", "b").row("1"))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
