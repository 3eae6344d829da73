package dev.varve.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.varve.base.Bytes;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The answer of {@code POST /api/rebalance/plan}, for people. */
final class PlanPage {
  private final JsonNode plan;
  private final String unit;

  PlanPage(JsonNode plan) {
    this.plan = plan;
    this.unit = plan.path("layout").path("unit").asText("NO_BUDGET");
  }

  String text() {
    List<String> lines = new ArrayList<>();
    lines.add(heading());
    lines.add(
        "uses: %s before, %s after".formatted(used(plan, "used_before"), used(plan, "used_after")));
    if (plan.path("tail_before").asLong() + plan.path("tail_after").asLong() > 0) {
      lines.add(
          "tail: %s of that before, %s after"
              .formatted(used(plan, "tail_before"), used(plan, "tail_after")));
    }
    lines.add(
        "moves: %s rows, writes %s, takes about %s"
            .formatted(
                Amounts.count(plan, "moves"),
                new Bytes(plan.path("write_bytes").asLong()).toHuman(),
                Amounts.duration(plan.path("duration_ms").asLong())));
    lines.add(
        "captured energy: %s before, %s after, gain %s"
            .formatted(
                estimate(plan.path("captured_before"), ""),
                estimate(plan.path("captured_after"), ""),
                estimate(plan.path("gain"), "+")));
    lines.add("");
    lines.add(tables());
    lines.add("");
    lines.add(
        "until %s: varve rebalance apply %s"
            .formatted(Amounts.time(plan, "expires_ms"), plan.path("id").asText()));
    return String.join("\n", lines);
  }

  private String heading() {
    long budget = plan.path("layout").path("budget").asLong();
    return "plan %s from layout %s, %s, %s"
        .formatted(
            plan.path("id").asText("?"),
            plan.path("base_version").asText("?"),
            plan.path("allocator").asText("?"),
            budget == 0 ? "no budget" : "budget " + Amounts.used(budget, unit));
  }

  private String used(JsonNode node, String name) {
    return Amounts.used(node.path(name).asLong(), unit);
  }

  private static String estimate(JsonNode estimate, String sign) {
    return String.format(
        Locale.ROOT,
        "%" + sign + ".4f (%.4f to %.4f)",
        estimate.path("value").asDouble(),
        estimate.path("low").asDouble(),
        estimate.path("high").asDouble());
  }

  private String tables() {
    var columns =
        new Columns(
            "table",
            ">d",
            ">from",
            ">then",
            ">rows",
            ">then",
            ">use",
            ">then",
            ">traffic",
            ">then");
    for (JsonNode table : plan.path("tables")) {
      String name = table.path("table").asText();
      for (JsonNode block : table.path("blocks")) {
        columns.row(
            name,
            block.path("dimension").asText(),
            threshold(block, "threshold_before"),
            threshold(block, "threshold_after"),
            Amounts.count(block, "rows_before"),
            Amounts.count(block, "rows_after"),
            Amounts.usedInColumn(block.path("used_before").asLong(), unit),
            Amounts.usedInColumn(block.path("used_after").asLong(), unit),
            Amounts.percent(block.path("traffic_before").asDouble()),
            Amounts.percent(block.path("traffic_after").asDouble()));
        name = "";
      }
    }
    return columns.text();
  }

  private static String threshold(JsonNode block, String name) {
    return block.has(name) ? Amounts.popularity(block.path(name).asDouble()) : "-";
  }
}
