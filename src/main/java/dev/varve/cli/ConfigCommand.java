package dev.varve.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.varve.config.Setting;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code varve config}: every key, its value, and where it comes from. */
@Command(
    name = "config",
    description = "Print the configuration in effect, and where each value comes from.",
    mixinStandardHelpOptions = true)
final class ConfigCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Mixin private ConfigOptions config = new ConfigOptions();

  @Option(names = "--json", description = "Print a JSON array.")
  private boolean json;

  @Override
  public Integer call() {
    List<Setting> settings = config.load().settings();
    spec.commandLine().getOut().println(json ? array(settings) : table(settings));
    return 0;
  }

  private static String table(List<Setting> settings) {
    var columns = new Columns("key", "value", "origin");
    for (Setting setting : settings) {
      String value = setting.value().isEmpty() ? "(empty)" : setting.value();
      columns.row(setting.key(), value, setting.origin());
    }
    return columns.text();
  }

  private static String array(List<Setting> settings) {
    ArrayNode array = Json.MAPPER.createArrayNode();
    for (Setting setting : settings) {
      array
          .addObject()
          .put("key", setting.key())
          .put("value", setting.value())
          .put("origin", setting.origin())
          .put("default", setting.defaultValue())
          .put("doc", setting.doc());
    }
    return Json.pretty(array);
  }
}
