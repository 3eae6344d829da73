package dev.varve.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Locale;

/** Quality by table, block and popularity in the answer of {@code GET /api/status}, for people. */
final class QualityPage {
  private final JsonNode tables;

  QualityPage(JsonNode status) {
    this.tables = status.path("qualityByTable");
  }

  String text() {
    if (tables.isEmpty()) {
      return "quality by table: no example yet";
    }
    var columns =
        new Columns(
            "table",
            ">of",
            ">examples",
            ">log-loss",
            ">normalized entropy",
            ">AUC",
            ">calibration");
    tables
        .properties()
        .forEach(
            table -> {
              addRows(columns, table.getKey(), "d = %s", table.getValue().path("blocks"));
              addRows(columns, table.getKey(), "decile %s", table.getValue().path("deciles"));
            });
    return columns.text();
  }

  private static void addRows(Columns columns, String table, String of, JsonNode slices) {
    slices
        .properties()
        .forEach(
            slice ->
                columns.row(
                    table,
                    of.formatted(slice.getKey()),
                    String.format(Locale.ROOT, "%,d", slice.getValue().path("examples").asLong()),
                    measure(slice.getValue(), "logLoss"),
                    measure(slice.getValue(), "normalizedEntropy"),
                    measure(slice.getValue(), "auc"),
                    measure(slice.getValue(), "calibration")));
  }

  /** Four digits; a measure that the examples do not define has none. */
  static String measure(JsonNode node, String name) {
    JsonNode value = node.path(name);
    return value.isNumber() ? String.format(Locale.ROOT, "%.4f", value.asDouble()) : "undefined";
  }
}
