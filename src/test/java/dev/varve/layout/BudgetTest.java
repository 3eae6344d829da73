package dev.varve.layout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.schema.BudgetUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BudgetTest {
  @ParameterizedTest
  @CsvSource({
    "64MiB, 67108864, BYTES, 64MiB",
    "1000, 1000, BYTES, 1000",
    "2000000 parameters, 2000000, PARAMETERS, 2000000 parameters",
    "7parameters, 7, PARAMETERS, 7 parameters",
    "none, 0, NO_BUDGET, none",
    "0, 0, NO_BUDGET, none",
  })
  void aBudgetIsReadAndWritten(String text, long amount, BudgetUnit unit, String written) {
    var budget = Budget.parse(text);

    assertThat(budget).isEqualTo(Budget.of(amount, unit));
    assertThat(budget).hasToString(written);
    assertThat(Budget.parse(budget.toString())).isEqualTo(budget);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "-1", "64MB", "parameters", "1.5MiB", "9999999999999999999"})
  void anotherTextIsRefused(String text) {
    assertThatThrownBy(() -> Budget.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "budget: %s (expected: a size such as 64MiB, a number such as 2000000 parameters, or none)"
                .formatted(text));
  }

  @ParameterizedTest
  @CsvSource({
    "10000 examples, 10000, EXAMPLES, 10000 examples",
    "90s event time, 90000, EVENT_TIME, 90s event time",
    "2m wall time, 120000, WALL_TIME, 2m wall time",
  })
  void anIntervalIsReadAndWritten(String text, long amount, Every.Clock clock, String written) {
    var every = Every.parse(text);

    assertThat(every).isEqualTo(new Every(amount, clock));
    assertThat(every).hasToString(written);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "10000", "30s", "0 examples", "0s wall time", "5 wall time"})
  void anotherIntervalIsRefused(String text) {
    assertThatThrownBy(() -> Every.parse(text)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void rowsAndBasesCostWhatTheySay() {
    RowCost bytes = RowCost.bytes(16, d -> 2 * (1 + d));
    assertThat(bytes.row(0)).isZero();
    assertThat(bytes.row(4)).isEqualTo(32 + 4 * 10);
    assertThat(bytes.basis()).isEqualTo(8 * 256);
    RowCost parameters = RowCost.parameters(16);
    assertThat(parameters.row(0)).isZero();
    assertThat(parameters.row(4)).isEqualTo(5);
    assertThat(parameters.basis()).isEqualTo(256);
  }
}
