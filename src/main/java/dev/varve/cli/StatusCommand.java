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

  @Override
  public Integer call() {
    JsonNode status;
    try (ServerClient client = server.connect()) {
      status = client.get("/api/status");
    }
    spec.commandLine().getOut().println(json ? Json.pretty(status) : new StatusPage(status).text());
    return 0;
  }
}
