package dev.varve.config;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Reads configurations of one shape: a root record whose components are sections, records whose
 * components are keys (or sections again). A component {@code batchSize} of the section {@code
 * train} is the key {@code train.batch-size} in a file and in {@code --set}, and {@code
 * VARVE_TRAIN_BATCH_SIZE} in the environment. The rules of the values are those that the records'
 * constructors keep.
 *
 * <p>A value is an int, long, double, boolean, String, Duration, Bytes, Path or enum, a list of
 * those or a map from names to those.
 */
public final class ConfigReader<R extends Record> {
  private final Class<R> type;
  private final Schema schema;

  private ConfigReader(Class<R> type, Schema schema) {
    this.type = type;
    this.schema = schema;
  }

  /**
   * A reader of configurations that differ from {@code defaults} in what their sources say.
   *
   * @throws IllegalStateException when the records cannot be a configuration: a type that no key
   *     can have, or a key without {@link Doc}
   */
  public static <R extends Record> ConfigReader<R> of(R defaults) {
    @SuppressWarnings("unchecked") // the class of an R
    var type = (Class<R>) defaults.getClass();
    return new ConfigReader<>(type, new Schema(defaults));
  }

  /**
   * Reads a configuration.
   *
   * @throws ConfigException with everything that is wrong with it
   */
  public Loaded<R> load(Sources sources) {
    var draft = new Draft(schema);
    if (sources.file() != null) {
      FileSource.read(sources.file(), draft);
    }
    readEnvironment(sources.environment(), draft);
    readSettings(sources.settings(), draft);
    Map<Leaf, Object> values = draft.read();
    Object config = RuleCheck.build(draft, values);
    draft.requireNoProblems();
    return new Loaded<>(
        type.cast(config),
        schema.leaves().stream()
            .map(leaf -> setting(leaf, values, draft.effective(leaf).origin()))
            .toList());
  }

  private void readEnvironment(Map<String, String> environment, Draft draft) {
    new TreeMap<>(environment)
        .forEach(
            (name, value) -> {
              if (name.startsWith(Keys.ENVIRONMENT_PREFIX)) {
                readVariable(name, value, draft);
              }
            });
  }

  private void readVariable(String name, String value, Draft draft) {
    String origin = "environment " + name;
    schema
        .findVariable(name)
        .ifPresentOrElse(
            leaf -> draft.set(leaf.key(), new Raw.Text(value), origin),
            () -> draft.refuse(schema.unknownVariable(name), origin));
  }

  private static void readSettings(List<String> settings, Draft draft) {
    for (String setting : settings) {
      int equals = setting.indexOf('=');
      if (equals <= 0) {
        draft.refuse("setting: %s (expected: key=value)".formatted(setting), "--set");
      } else {
        var value = new Raw.Text(setting.substring(equals + 1));
        draft.set(setting.substring(0, equals).strip(), value, "--set");
      }
    }
  }

  private static Setting setting(Leaf leaf, Map<Leaf, Object> values, String origin) {
    Raw value = leaf.type().write(values.getOrDefault(leaf, leaf.defaultValue()));
    return new Setting(
        leaf.key(),
        Secrets.masked(leaf, value),
        origin,
        Secrets.masked(leaf, leaf.defaultRaw()),
        leaf.doc());
  }

  /** A Markdown table of all keys, one line each: key, default, meaning. Ends with a line break. */
  public String markdown() {
    var table = new StringBuilder("| key | default | meaning |\n|---|---|---|\n");
    for (Leaf leaf : schema.leaves()) {
      String value = leaf.defaultRaw().text();
      String shown = value.isEmpty() ? "" : "`" + cell(value) + "`";
      table.append("| `%s` | %s | %s |\n".formatted(leaf.key(), shown, cell(leaf.doc())));
    }
    return table.toString();
  }

  private static String cell(String text) {
    return text.replace("|", "\\|");
  }
}
