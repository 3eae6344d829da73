package dev.varve.cli;

import dev.varve.config.ConfigReader;
import dev.varve.config.Loaded;
import dev.varve.config.Sources;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** {@code --config FILE} and {@code --set KEY=VALUE}: the configuration of a command. */
final class ConfigOptions {
  /** Read by the launcher, the log and the commands that ask a server: no keys. */
  private static final Set<String> OTHER_VARIABLES =
      Set.of(
          "VARVE_JAVA_HOME", "VARVE_LOG", "VARVE_OPTS", "VARVE_SERVER", "VARVE_TOKEN", "VARVE_CA");

  /*
   * Kubernetes gives every container the addresses of all services. Those of a service "varve" or
   * "varve-kafka" look like keys, down to VARVE_KAFKA_PORT=tcp://10.0.0.1:9092.
   */
  private static final Pattern SERVICE_VARIABLE =
      Pattern.compile(".*_SERVICE_(HOST|PORT)(_.*)?|.*_PORT_\\d+_(TCP|UDP|SCTP)(_.*)?");
  private static final Pattern SERVICE_ADDRESS = Pattern.compile("(tcp|udp|sctp)://.*");

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "YAML file with the configuration; without one, the defaults.")
  private @Nullable Path file;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "Set one key, over file and VARVE_* variables; may be given again.")
  private List<String> settings = new ArrayList<>();

  /** A reader of Varve's configuration. */
  static ConfigReader<VarveConfig> reader() {
    return ConfigReader.of(VarveConfig.defaults());
  }

  /**
   * The configuration that these options and the process's environment give.
   *
   * @throws dev.varve.config.ConfigException with everything that is wrong with it
   */
  Loaded<VarveConfig> load() {
    return load(System.getenv());
  }

  /** With settings that options of their own have made, over all others. */
  Loaded<VarveConfig> load(List<String> more) {
    settings.addAll(more);
    return load();
  }

  Loaded<VarveConfig> load(Map<String, String> environment) {
    return reader().load(new Sources(file, keysIn(environment), settings));
  }

  private static Map<String, String> keysIn(Map<String, String> environment) {
    Predicate<Map.Entry<String, String>> foreign =
        variable ->
            OTHER_VARIABLES.contains(variable.getKey())
                || SERVICE_VARIABLE.matcher(variable.getKey()).matches()
                || SERVICE_ADDRESS.matcher(variable.getValue()).matches();
    return environment.entrySet().stream()
        .filter(foreign.negate())
        .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
  }
}
