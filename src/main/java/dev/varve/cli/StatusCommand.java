package dev.varve.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code varve status}: what a server has learned, and how well. */
@Command(
    name = "status",
    description = "Print what a running Varve has learned, and how well.",
    mixinStandardHelpOptions = true)
final class StatusCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Mixin private ServerOption server = new ServerOption();

  @Option(names = "--json", description = "Print one JSON object.")
  private boolean json;

  @Option(
      names = "--quality",
      description =
          "Print how well examples were predicted by table: by the dimension of their category's"
              + " row, and by the tenth of popularity that it is in, 10 the most popular.")
  private boolean quality;

  @Override
  public Integer call() {
    JsonNode status;
    try (ServerClient client = server.connect()) {
      status = client.get("/api/status");
    }
    spec.commandLine().getOut().println(text(status));
    return 0;
  }

  private String text(JsonNode status) {
    if (json) {
      return Json.pretty(status);
    }
    return quality ? new QualityPage(status).text() : new StatusPage(status).text();
  }
}
