package dev.varve.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code varve topics}: the Kafka topics of a server. */
@Command(
    name = "topics",
    description = "Print the Kafka topics of a running Varve.",
    mixinStandardHelpOptions = true)
final class TopicsCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Mixin private ServerOption server = new ServerOption();

  @Option(names = "--json", description = "Print a JSON array.")
  private boolean json;

  @Override
  public Integer call() {
    JsonNode topics;
    try (ServerClient client = server.connect()) {
      topics = client.get("/api/topics");
    }
    spec.commandLine().getOut().println(json ? Json.pretty(topics) : table(topics));
    return 0;
  }

  private static String table(JsonNode topics) {
    var columns = new Columns("topic", ">partitions", ">records", "cleanup", "purpose");
    for (JsonNode topic : topics) {
      columns.row(
          topic.path("name").asText(),
          topic.path("partitions").asText(),
          String.format(Locale.ROOT, "%,d", topic.path("records").asLong()),
          topic.path("cleanup").asText(),
          topic.path("purpose").asText());
    }
    return columns.text();
  }
}
