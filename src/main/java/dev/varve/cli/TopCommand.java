package dev.varve.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code varve top}: the most popular categories of a table, by name. */
@Command(
    name = "top",
    description = "Print the most popular categories of a table, since Varve was started.",
    mixinStandardHelpOptions = true)
final class TopCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Mixin private AskOptions asked = new AskOptions();

  @Parameters(paramLabel = "TABLE", description = "A categorical feature.")
  private String table = "";

  @Option(
      names = "-n",
      paramLabel = "N",
      defaultValue = "20",
      description = "How many, from 1 to 500 (default: ${DEFAULT-VALUE}).")
  private int n;

  @Override
  public Integer call() {
    JsonNode top;
    try (ServerClient client = asked.connect()) {
      top = client.ask("/api/tables/%s/top?n=%d".formatted(ServerClient.pathPart(table), n));
    }
    spec.commandLine().getOut().println(asked.json() ? Json.pretty(top) : text(top));
    return 0;
  }

  private static String text(JsonNode top) {
    if (top.path("categories").isEmpty()) {
      return "nothing learned since the start";
    }
    var columns = new Columns("id", ">popularity", ">at least", ">at most");
    for (JsonNode category : top.path("categories")) {
      columns.row(
          category.path("name").asText(),
          Amounts.popularity(category.path("popularity").asDouble()),
          Amounts.popularity(category.path("lower").asDouble()),
          Amounts.popularity(category.path("upper").asDouble()));
    }
    return "%s: as of %s\n%s"
        .formatted(top.path("table").asText(), Amounts.time(top, "asOfMs"), columns.text());
  }
}
