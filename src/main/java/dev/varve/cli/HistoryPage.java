package dev.varve.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.StringJoiner;

/** The answer of {@code GET /api/rebalance/history}, for people: newest first. */
final class HistoryPage {
  private final JsonNode history;

  HistoryPage(JsonNode history) {
    this.history = history;
  }

  String text() {
    return layouts() + "\n\n" + commands();
  }

  private String layouts() {
    if (history.path("layouts").isEmpty()) {
      return "no layout yet";
    }
    var columns = new Columns(">layout", "made", "budget", ">tables", ">pins", "why");
    for (JsonNode layout : history.path("layouts")) {
      long budget = layout.path("budget").asLong();
      columns.row(
          layout.path("version").asText(),
          Amounts.time(layout, "made_ms"),
          budget == 0 ? "none" : Amounts.used(budget, layout.path("unit").asText()),
          Integer.toString(layout.path("tables").size()),
          Integer.toString(layout.path("pins").size()),
          layout.path("reason").asText());
    }
    return columns.text();
  }

  private String commands() {
    if (history.path("commands").isEmpty()) {
      return "no command yet";
    }
    var columns = new Columns("received", "command", "sender", ">layout", "outcome");
    for (JsonNode entry : history.path("commands")) {
      String error = entry.path("error").asText();
      columns.row(
          Amounts.time(entry, "received_ms"),
          command(entry.path("command")),
          entry.path("command").path("sender").asText(),
          entry.path("layout_version").asText(),
          error.isEmpty() ? "done" : "refused: " + error);
    }
    return columns.text();
  }

  /** As it would be typed, without the names of options. */
  private static String command(JsonNode command) {
    for (var field : command.properties()) {
      if (field.getValue().isObject()) {
        var words = new StringJoiner(" ");
        words.add(field.getKey().replace('_', '-'));
        JsonNode action = field.getValue();
        if (action.path("budget").asLong() > 0) {
          words.add(Amounts.used(action.path("budget").asLong(), action.path("unit").asText()));
        }
        for (var value : action.properties()) {
          String text = value.getValue().asText();
          boolean isBudget = value.getKey().equals("budget") || value.getKey().equals("unit");
          boolean isUnset =
              text.isEmpty() || (value.getKey().equals("version") && text.equals("0"));
          if (!isBudget && !isUnset) {
            words.add(text);
          }
        }
        return words.toString();
      }
    }
    return "?";
  }
}
