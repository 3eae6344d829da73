package dev.varve.layout;

import dev.varve.schema.Pin;
import java.util.List;
import java.util.Map;

/**
 * What operators bound a layout by.
 *
 * @param budget may be none
 * @param pins categories with a dimension of their own
 * @param tablePins tables all of whose rows have one dimension
 */
record Terms(Budget budget, List<Pin> pins, Map<String, Integer> tablePins) {
  Terms {
    pins = List.copyOf(pins);
    tablePins = Map.copyOf(tablePins);
  }

  Terms withBudget(Budget other) {
    return new Terms(other, pins, tablePins);
  }
}
