package dev.varve.layout;

import java.util.List;
import java.util.Map;

/**
 * What every allocation has to keep.
 *
 * @param levels dimensions above 0 that a row may have, rising
 * @param kappa a block of dimension d begins at a popularity of d / kappa at least; 0 for no such
 *     cap. A table's least dimension is not capped.
 * @param band width of the hysteresis in bins
 * @param least dimension that every row has at least, by table; 0 where none is named
 * @param most dimension that a row has at most, by table; 0 for no rows
 */
record Bounds(
    List<Integer> levels,
    double kappa,
    double band,
    Map<String, Integer> least,
    Map<String, Integer> most) {
  Bounds {
    levels = List.copyOf(levels);
    least = Map.copyOf(least);
    most = Map.copyOf(most);
  }
}
