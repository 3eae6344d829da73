package dev.varve.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.varve.base.Bytes;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;

/** The answer of {@code GET /api/status}, for people. */
final class StatusPage {
  private final JsonNode status;

  StatusPage(JsonNode status) {
    this.status = status;
  }

  String text() {
    return String.join(
        "\n",
        alarms() + state(),
        progress(),
        quality(),
        joins() + kafka(),
        "",
        tables(),
        "",
        new MemoryPage(status).text());
  }

  private String alarms() {
    var lines = new StringBuilder();
    status
        .path("alarms")
        .forEach(alarm -> lines.append("ALARM ").append(alarm.path("text").asText()).append('\n'));
    return lines.toString();
  }

  private String state() {
    return "varve %s: %s, up %s"
        .formatted(
            status.path("version").asText("?"),
            status.path("state").asText("?"),
            uptime(Duration.ofSeconds(status.path("uptimeSeconds").asLong())));
  }

  private String progress() {
    long watermarkMs = status.path("watermarkMs").asLong();
    String newest = watermarkMs > 0 ? Instant.ofEpochMilli(watermarkMs).toString() : "none";
    long refused = status.path("refusedGradients").asLong();
    return "learned: %s examples, rejected %s%s, newest event %s, layout %s"
        .formatted(
            count(status, "examples"),
            count(status, "rejected"),
            refused > 0
                ? ", %s gradients refused".formatted(count(status, "refusedGradients"))
                : "",
            newest,
            status.path("layoutVersion").asText("?"));
  }

  private String quality() {
    JsonNode quality = status.path("quality");
    if (quality.path("examples").asLong() == 0) {
      return "quality: no example yet";
    }
    return ("quality: log-loss %s, normalized entropy %s, AUC %s, calibration %s over the last %s"
            + " examples")
        .formatted(
            QualityPage.measure(quality, "logLoss"),
            QualityPage.measure(quality, "normalizedEntropy"),
            QualityPage.measure(quality, "auc"),
            QualityPage.measure(quality, "calibration"),
            count(quality, "examples"));
  }

  private String joins() {
    JsonNode joins = status.path("joins");
    if (joins.path("impressions").asLong() + joins.path("clicks").asLong() == 0) {
      return "";
    }
    String text =
        ("joins: %s impressions, %s clicks (half within %.1f s, 99 %% within %.1f s; %s late, %s"
                + " orphans), %s of them waiting")
            .formatted(
                count(joins, "impressions"),
                count(joins, "clicks"),
                joins.path("delayP50Seconds").asDouble(),
                joins.path("delayP99Seconds").asDouble(),
                count(joins, "lateClicks"),
                count(joins, "orphans"),
                new Bytes(joins.path("waitingBytes").asLong()).toHuman());
    String hint = joins.path("hint").isTextual() ? joins.path("hint").asText() : "";
    return text + (hint.isEmpty() ? "" : "\n  hint: " + hint) + "\n";
  }

  private String kafka() {
    JsonNode kafka = status.path("kafka");
    return "kafka: %s, topics %s*"
        .formatted(kafka.path("bootstrap").asText("?"), kafka.path("prefix").asText());
  }

  private String tables() {
    var columns = new Columns("table", ">rows", ">occurrences", ">parameters", ">size");
    JsonNode tables = status.path("tables");
    if (tables.isEmpty()) {
      return "no table yet";
    }
    tables.properties().forEach(table -> addRow(columns, table.getKey(), table.getValue()));
    return addRow(columns, "total", total(tables)).text();
  }

  private static Columns addRow(Columns columns, String name, JsonNode table) {
    return columns.row(
        name,
        count(table, "rows"),
        count(table, "occurrences"),
        count(table, "parameters"),
        new Bytes(table.path("bytes").asLong()).toHuman());
  }

  private static JsonNode total(JsonNode tables) {
    var total = Json.MAPPER.createObjectNode();
    for (String measure : new String[] {"rows", "occurrences", "parameters", "bytes"}) {
      long sum = 0;
      for (JsonNode table : tables) {
        sum += table.path(measure).asLong();
      }
      total.put(measure, sum);
    }
    return total;
  }

  private static String count(JsonNode node, String name) {
    return String.format(Locale.ROOT, "%,d", node.path(name).asLong());
  }

  /** The two largest units. */
  private static String uptime(Duration uptime) {
    if (uptime.toDays() > 0) {
      return "%dd %dh".formatted(uptime.toDays(), uptime.toHoursPart());
    }
    if (uptime.toHours() > 0) {
      return "%dh %dm".formatted(uptime.toHours(), uptime.toMinutesPart());
    }
    return "%dm %ds".formatted(uptime.toMinutes(), uptime.toSecondsPart());
  }
}
