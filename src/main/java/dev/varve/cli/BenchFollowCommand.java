package dev.varve.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.varve.base.Durations;
import dev.varve.bench.FollowBench;
import dev.varve.bench.FollowReport;
import dev.varve.broker.KafkaConfig;
import dev.varve.broker.Topics;
import dev.varve.layout.RowCost;
import dev.varve.table.Popularity;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code varve bench follow}: how well layouts have followed popularity. */
@Command(
    name = "follow",
    description = {
      "Tell how well the layouts of a running Varve have followed popularity.",
      "Reads the log of its updates, twice, from the beginning. For each occurrence the dimension"
          + " that its category's row had is compared with what the category earned by the next"
          + " hour. First by an oracle: the layout that the same budget gives when the popularity"
          + " of all categories an hour on is known. Then by the occurrences of that hour alone:"
          + " what the layout in force gives to the popularity that as many in every hour would"
          + " keep up. Give the configuration that the server runs with."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class BenchFollowCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Mixin private ServerOption server = new ServerOption();

  @Mixin private ConfigOptions config = new ConfigOptions();

  @Option(
      names = "--table",
      paramLabel = "NAME",
      description = "Judge this table only; may be given again. Default: all.")
  private List<String> tables = new ArrayList<>();

  @Option(
      names = "--warm-up",
      paramLabel = "TIME",
      defaultValue = "1d",
      description = "Event time at the beginning that is not judged. Default: ${DEFAULT-VALUE}")
  private String warmUp = "";

  @Option(names = "--json", description = "Print one JSON object.")
  private boolean json;

  @Override
  public Integer call() {
    VarveConfig loaded = config.load().config();
    JsonNode status;
    try (ServerClient client = server.connect()) {
      status = client.get("/api/status");
    }
    FollowReport report;
    try (var progress = new ProgressLine(spec.commandLine().getErr())) {
      report =
          new FollowBench(setup(loaded, status))
              .run(
                  share ->
                      progress.show(
                          "per cent read", (long) (100 * share), OptionalDouble.of(share)));
    }
    spec.commandLine()
        .getOut()
        .println(json ? Json.pretty(FollowPage.json(report)) : FollowPage.text(report));
    return 0;
  }

  private FollowBench.Setup setup(VarveConfig loaded, JsonNode status) {
    JsonNode kafka = status.path("kafka");
    Map<String, Object> clients = new HashMap<>(loaded.kafka().properties());
    clients.put("bootstrap.servers", kafka.path("bootstrap").asText());
    int dimension = status.path("dimension").asInt();
    return new FollowBench.Setup(
        clients,
        new Topics(KafkaConfig.defaults().withPrefix(kafka.path("prefix").asText())),
        dimension,
        new Popularity(loaded.store().popularityHalfLife().toMillis()),
        RowCost.Both.of(dimension, loaded.optimizer().kind().encoding()::stateLength),
        loaded.rebalance(),
        Durations.parse(warmUp),
        tables);
  }
}
