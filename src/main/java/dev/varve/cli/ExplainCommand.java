package dev.varve.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code varve explain}: why a category has the dimension that it has. */
@Command(
    name = "explain",
    description = {
      "Print how popular a category is, its dimension, and why.",
      "An id that begins with a dash comes after --, as in: varve explain item_id -- -1"
    },
    mixinStandardHelpOptions = true)
final class ExplainCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Mixin private AskOptions asked = new AskOptions();

  @Parameters(index = "0", paramLabel = "TABLE", description = "A categorical feature.")
  private String table = "";

  @Parameters(index = "1", paramLabel = "ID", description = "One of its values.")
  private String id = "";

  @Override
  public Integer call() {
    JsonNode explanation;
    try (ServerClient client = asked.connect()) {
      explanation =
          client.ask(
              "/api/explain/%s/%s"
                  .formatted(ServerClient.pathPart(table), ServerClient.pathPart(id)));
    }
    spec.commandLine()
        .getOut()
        .println(asked.json() ? Json.pretty(explanation) : new ExplainPage(explanation).text());
    return 0;
  }
}
