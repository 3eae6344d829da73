package dev.varve.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.varve.layout.Budget;
import java.io.PrintWriter;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code varve rebalance}: what operators ask of the part that decides on dimensions. */
@Command(
    name = "rebalance",
    description = "Decide which categories have how many dimensions: plan, apply, roll back.",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND")
final class RebalanceCommand implements Runnable {
  private static final String PATH = "/api/rebalance";
  private static final String TABLE = "A categorical feature.";

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(),
        "rebalance: nothing (expected: one of %s)"
            .formatted(String.join(", ", spec.subcommands().keySet())));
  }

  @Command(
      name = "plan",
      description = "Propose dimensions for the popularity of now; changes nothing.",
      mixinStandardHelpOptions = true)
  int plan(
      @Mixin AskOptions asked,
      @Option(
              names = "--budget",
              paramLabel = "BUDGET",
              converter = BudgetArgument.class,
              description = "Plan for another one: 64MiB, or '2000000 parameters'.")
          @Nullable Budget budget,
      @Option(
              names = "--allocator",
              paramLabel = "NAME",
              description = "Plan with another one: power or greedy.")
          @Nullable String allocator) {
    ObjectNode body = Json.MAPPER.createObjectNode();
    if (budget != null) {
      if (!budget.exists()) {
        throw new ParameterException(
            spec.commandLine(),
            "--budget: none (expected: one to plan for; without the option, that in force)");
      }
      BudgetArgument.add(budget, body);
    }
    if (allocator != null) {
      body.put("allocator", allocator);
    }
    return print(asked, post(asked, "plan", body), plan -> new PlanPage(plan).text());
  }

  @Command(
      name = "apply",
      description = "Put a plan into force, and wait until every row follows it.",
      mixinStandardHelpOptions = true)
  int apply(
      @Mixin AskOptions asked,
      @Mixin WaitOption waiting,
      @Parameters(paramLabel = "PLAN", description = "The plan's id.") String plan) {
    ObjectNode body = Json.MAPPER.createObjectNode().put("plan", plan);
    return change(asked, "apply", body, waiting, "ROLLED_BACK");
  }

  @Command(
      name = "rollback",
      description = "Go back to an earlier layout; what was learned since stays.",
      mixinStandardHelpOptions = true)
  int rollback(
      @Mixin AskOptions asked,
      @Mixin WaitOption waiting,
      @Parameters(
              paramLabel = "VERSION",
              arity = "0..1",
              defaultValue = "0",
              description = "The layout; without one, that before the one in force.")
          long version) {
    ObjectNode body = Json.MAPPER.createObjectNode().put("version", version);
    return change(asked, "rollback", body, waiting, "SETTLED");
  }

  @Command(
      name = "cancel",
      description = "Stop what is being applied, and go back to the layout before it.",
      mixinStandardHelpOptions = true)
  int cancel(@Mixin AskOptions asked) {
    return change(asked, "cancel", Json.MAPPER.createObjectNode());
  }

  @Command(
      name = "pause",
      description = "Stop automatic rebalancing.",
      mixinStandardHelpOptions = true)
  int pause(@Mixin AskOptions asked) {
    return change(asked, "pause", Json.MAPPER.createObjectNode());
  }

  @Command(
      name = "resume",
      description = "Let automatic rebalancing go on.",
      mixinStandardHelpOptions = true)
  int resume(@Mixin AskOptions asked) {
    return change(asked, "resume", Json.MAPPER.createObjectNode());
  }

  @Command(
      name = "pin",
      description = "Fix the dimension of a category, or of all rows of a table.",
      mixinStandardHelpOptions = true)
  int pin(
      @Mixin AskOptions asked,
      @Parameters(index = "0", paramLabel = "TABLE", description = TABLE) String table,
      @Parameters(
              index = "1",
              paramLabel = "ID",
              arity = "0..1",
              description = "The category; without one, the whole table.")
          @Nullable String id,
      @Option(
              names = {"-d", "--dimension"},
              paramLabel = "D",
              required = true,
              description = "The dimension, 0 for no row.")
          int dimension) {
    return change(asked, "pin", pinned(table, id).put("dimension", dimension));
  }

  @Command(name = "unpin", description = "Take a pin away.", mixinStandardHelpOptions = true)
  int unpin(
      @Mixin AskOptions asked,
      @Parameters(index = "0", paramLabel = "TABLE", description = TABLE) String table,
      @Parameters(
              index = "1",
              paramLabel = "ID",
              arity = "0..1",
              description = "The category; without one, the table's own pin.")
          @Nullable String id) {
    return change(asked, "unpin", pinned(table, id));
  }

  private static ObjectNode pinned(String table, @Nullable String id) {
    ObjectNode body = Json.MAPPER.createObjectNode().put("table", table);
    return id == null ? body : body.put("id", id);
  }

  @Command(
      name = "set-budget",
      description = "Change the budget; the next plan keeps it.",
      mixinStandardHelpOptions = true)
  int setBudget(
      @Mixin AskOptions asked,
      @Parameters(
              paramLabel = "BUDGET",
              converter = BudgetArgument.class,
              description = "64MiB, '2000000 parameters', or none.")
          Budget budget) {
    return change(asked, "set-budget", BudgetArgument.add(budget, Json.MAPPER.createObjectNode()));
  }

  @Command(
      name = "status",
      description = "Print where rebalancing stands.",
      mixinStandardHelpOptions = true)
  int status(@Mixin AskOptions asked) {
    return print(asked, get(asked, PATH), status -> new RebalancePage(status).text());
  }

  @Command(
      name = "history",
      description = "Print the layouts so far, and the commands.",
      mixinStandardHelpOptions = true)
  int history(@Mixin AskOptions asked) {
    return print(asked, get(asked, PATH + "/history"), it -> new HistoryPage(it).text());
  }

  // -- asking

  private int change(AskOptions asked, String action, ObjectNode body) {
    return print(asked, post(asked, action, body), RebalanceCommand::done);
  }

  /**
   * A change that rows follow in time.
   *
   * @param undone the phase that says that somebody undid it meanwhile
   */
  private int change(
      AskOptions asked, String action, ObjectNode body, WaitOption waiting, String undone) {
    try (ServerClient client = asked.connect()) {
      JsonNode change = client.command(PATH + "/" + action, body);
      print(asked, change, RebalanceCommand::done);
      if (waiting.waits()) {
        long version = change.path("layout_version").asLong();
        String end;
        try (var progress = new ProgressLine(spec.commandLine().getErr())) {
          end = new ApplyWatch(client, PATH, progress).await(version, undone);
        }
        if (!asked.json()) {
          out().println(end);
        }
      }
    }
    return 0;
  }

  private static String done(JsonNode change) {
    return "%s (layout %s)"
        .formatted(change.path("done").asText(), change.path("layout_version").asText("?"));
  }

  private static JsonNode post(AskOptions asked, String action, ObjectNode body) {
    try (ServerClient client = asked.connect()) {
      return client.command(PATH + "/" + action, body);
    }
  }

  private static JsonNode get(AskOptions asked, String path) {
    try (ServerClient client = asked.connect()) {
      return client.ask(path);
    }
  }

  private int print(AskOptions asked, JsonNode answer, Function<JsonNode, String> text) {
    out().println(asked.json() ? Json.pretty(answer) : text.apply(answer));
    return 0;
  }

  private PrintWriter out() {
    return spec.commandLine().getOut();
  }
}
