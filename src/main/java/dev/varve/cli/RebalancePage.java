package dev.varve.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The answer of {@code GET /api/rebalance}, for people. */
final class RebalancePage {
  private final JsonNode status;

  RebalancePage(JsonNode status) {
    this.status = status;
  }

  String text() {
    List<String> lines = new ArrayList<>();
    lines.add(state());
    lines.add(budget());
    lines.add(moves());
    if (status.path("layout").has("tail")) {
      lines.add(tail(status.path("layout").path("tail")));
    }
    lines.add(
        "shards: %s of %s, %s examples"
            .formatted(
                status.path("shards").asText("0"),
                status.path("all_shards").asText("?"),
                Amounts.count(status, "examples")));
    String plan = status.path("plan").asText();
    if (!plan.isEmpty()) {
      lines.add("plan %s waits: varve rebalance apply %s".formatted(plan, plan));
    }
    lines.add("");
    lines.add(tables());
    if (!status.path("layout").path("pins").isEmpty()) {
      lines.add("");
      lines.add(pins());
    }
    return String.join("\n", lines);
  }

  private String state() {
    return "layout %s: %s, automatic rebalancing %s"
        .formatted(
            status.path("layout_version").asText("?"),
            status.path("phase").asText("?").toLowerCase(Locale.ROOT).replace('_', ' '),
            status.path("paused").asBoolean() ? "paused" : "on");
  }

  private String budget() {
    long budget = status.path("budget").asLong();
    long used = status.path("used").asLong();
    String unit = status.path("unit").asText();
    return budget == 0
        ? "budget: none, used " + Amounts.used(used, unit)
        : "budget: %s, used %s, %s"
            .formatted(
                Amounts.used(budget, unit),
                Amounts.used(used, unit),
                Amounts.percent((double) used / budget));
  }

  private String moves() {
    long held = status.path("held").asLong();
    String moves =
        "moves: %s since the layout came%s%s"
            .formatted(
                Amounts.count(status, "moves"),
                held == 0 ? "" : ", %s held back".formatted(Amounts.count(status, "held")),
                raised());
    if (!ApplyWatch.APPLYING.equals(status.path("phase").asText())) {
      return moves;
    }
    long leftMs = status.path("remaining_ms").asLong();
    return "%s, %s of the rows done%s"
        .formatted(
            moves,
            Amounts.percent(status.path("progress").asDouble()),
            leftMs == 0 ? "" : ", %s left".formatted(Amounts.duration(leftMs)));
  }

  /** Shards raise thresholds by themselves when they run out of room. */
  private String raised() {
    double raised = status.path("raised").asDouble(1);
    return raised <= 1 ? "" : String.format(Locale.ROOT, ", thresholds up to %.2fx", raised);
  }

  private String tail(JsonNode tail) {
    return "tail: %s, %s shared rows of %s for each table and shard; %s learned, all use %s"
        .formatted(
            tail.path("encoding").asText("?").toLowerCase(Locale.ROOT),
            Amounts.count(tail, "rows"),
            dimensions(tail.path("dimension").asInt()),
            Amounts.count(status, "tail_rows"),
            Amounts.used(status.path("tail_used").asLong(), status.path("unit").asText()));
  }

  private static String dimensions(int d) {
    return d == 1 ? "1 dimension" : "%d dimensions".formatted(d);
  }

  private String tables() {
    if (status.path("tables").isEmpty()) {
      return "no table yet";
    }
    var columns = new Columns("table", ">d", ">from", ">rows", ">admitted", ">expired");
    for (JsonNode table : status.path("tables")) {
      addRows(columns, table);
    }
    return columns.text();
  }

  private void addRows(Columns columns, JsonNode table) {
    String name = table.path("table").asText();
    columns.row(
        name,
        "",
        "",
        Amounts.count(table, "rows"),
        Amounts.count(table, "admitted"),
        Amounts.count(table, "expired"));
    JsonNode blocks = table.path("blocks");
    for (JsonNode block : blocks) {
      int dimension = block.path("dimension").asInt();
      columns.row(
          "",
          dimension == 0 ? "trace" : Integer.toString(dimension),
          threshold(name, dimension),
          Amounts.count(block, "rows"),
          "",
          "");
    }
  }

  private String threshold(String table, int dimension) {
    JsonNode layout = status.path("layout");
    JsonNode own = layout.path("tables").path(table);
    JsonNode blocks = own.isMissingNode() ? layout.path("default_blocks") : own.path("blocks");
    for (JsonNode block : blocks) {
      if (block.path("dimension").asInt() == dimension) {
        return Amounts.popularity(block.path("threshold").asDouble());
      }
    }
    return "-";
  }

  private String pins() {
    var columns = new Columns("pinned", "id", ">d");
    for (JsonNode pin : status.path("layout").path("pins")) {
      columns.row(
          pin.path("table").asText(), pin.path("id").asText(), pin.path("dimension").asText());
    }
    return columns.text();
  }
}
