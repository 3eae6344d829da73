package dev.varve.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.StringJoiner;

/** The answer of {@code GET /api/explain/TABLE/ID}, for people. */
final class ExplainPage {
  private final JsonNode it;

  ExplainPage(JsonNode explanation) {
    this.it = explanation;
  }

  String text() {
    List<String> lines = new ArrayList<>();
    lines.add(
        "%s %s: %s, shard %s"
            .formatted(
                it.path("table").asText(),
                it.path("id").asText(),
                kind(),
                it.path("shard").asText()));
    lines.add(popularity());
    lines.add("layout %s: %s".formatted(it.path("layout_version").asText("?"), blocks()));
    if (it.has("pinned")) {
      lines.add("pinned to dimension " + it.path("pinned").asText());
    }
    if (!it.path("next").asText().isEmpty()) {
      lines.add("next: " + it.path("next").asText());
    }
    if (!it.path("moves").isEmpty()) {
      lines.add("");
      lines.add(moves());
    }
    return String.join("\n", lines);
  }

  private String kind() {
    return switch (it.path("kind").asText()) {
      case "row" -> "a row of dimension " + it.path("dimension").asText();
      case "trace" -> "no row any more, counted exactly";
      case "counted" -> "no row yet, counted in the sketch";
      default -> "never seen";
    };
  }

  private String popularity() {
    double error = it.path("popularity_error").asDouble();
    return "popularity %s%s as of %s, last seen %s"
        .formatted(
            Amounts.popularity(it.path("popularity").asDouble()),
            error > 0 ? " (at most %s less)".formatted(Amounts.popularity(error)) : "",
            Amounts.time(it, "watermark_ms"),
            Amounts.time(it, "last_seen_ms"));
  }

  private String blocks() {
    var blocks = new StringJoiner(", ");
    for (JsonNode block : it.path("blocks").path("blocks")) {
      blocks.add(
          "%s from %s"
              .formatted(
                  block.path("dimension").asText(),
                  Amounts.popularity(block.path("threshold").asDouble())));
    }
    return "dimension " + blocks;
  }

  private String moves() {
    var columns = new Columns("moved", ">d", ">then", ">layout", ">popularity", "why");
    for (JsonNode move : it.path("moves")) {
      columns.row(
          Amounts.time(move, "event_time_ms"),
          move.path("from").asText(),
          move.path("to").asText(),
          move.path("layout_version").asText(),
          Amounts.popularity(move.path("popularity").asDouble()),
          move.path("reason").asText());
    }
    return columns.text();
  }
}
