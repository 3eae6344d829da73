package dev.varve.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConfigProblemsTest {
  @TempDir Path folder;

  private final ConfigReader<Bakery> reader = ConfigReader.of(Bakery.defaults());
  private Path path = Path.of("");

  @BeforeEach
  void chooseFile() {
    path = folder.resolve("bakery.yml");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "oven.heat=hot | oven.heat: hot (expected: a whole number up to 2147483647)",
        "oven.heat=2147483648 | oven.heat: 2147483648 (expected: a whole number up to 2147483647)",
        "oven.seed=1.5 | oven.seed: 1.5 (expected: a whole number)",
        "oven.steam=NaN | oven.steam: NaN (expected: a number)",
        "oven.steam=1d | oven.steam: 1d (expected: a number)",
        "oven.steam=1e999 | oven.steam: 1e999 (expected: a number)",
        "oven.mode=Fan | oven.mode: Fan (expected: fan or top-heat)",
        "oven.bake-time=5 | oven.bake-time: 5 (expected: a duration such as 100ms, 5s, 2m, 1h or"
            + " 7d)",
        "shop.open=yes | shop.open: yes (expected: true or false)",
        "shop.till=2MB | shop.till: 2MB (expected: a size such as 512, 64KiB, 256MiB or 4GiB)",
        "shop.breads=a,,b | shop.breads: a,,b (expected: a list without empty items)",
        "shop.modes=rye | shop.modes: rye (expected: a map such as a=1,b=2, each name once)",
        "shop.notes=a=1,a=2 | shop.notes: a=1,a=2 (expected: a map such as a=1,b=2, each name"
            + " once)",
        "shop.modes.rye=hot | shop.modes.rye: hot (expected: fan or top-heat)",
        "shop.modes=rye=hot | shop.modes.rye: hot (expected: fan or top-heat)",
        "oven.heat=-1 | oven.heat: -1 (expected: at least 0)",
        "oven.bake-time=0s | oven.bake-time: 0s (expected: more than 0)",
        "oven.range.high-heat=5 | oven.range.high-heat: 5 (expected: at least low-heat)",
        "shop.breads=a,b,c,d | shop: too many breads for one shop",
        "oven.heat=0 | shop.open: true (expected: false while the oven is cold)",
        "oven=5 | oven: 5 (expected: a section with oven.heat, oven.range.low-heat, "
            + "oven.range.high-heat, oven.bake-time, oven.mode, oven.steam, oven.seed)",
        "oven.heat | setting: oven.heat (expected: key=value)",
        "oven.haet=1 | unknown key: oven.haet (expected: a known key; did you mean oven.heat?)",
        "bakeTime=1 | unknown key: bakeTime (expected: a known key; did you mean oven.bake-time?)",
        "a=red | unknown key: a (expected: a known key)",
        "colour=red | unknown key: colour (expected: a known key)",
      })
  void oneWrongSettingIsOneProblem(String setting, String problem) {
    String origin = problem.startsWith("shop.open: true") ? "default" : "--set";
    assertThat(problems(Map.of(), setting)).containsExactly(problem + " [" + origin + "]");
  }

  @Test
  void allProblemsOfAllSourcesAreReportedTogether() throws IOException {
    Files.writeString(path, "oven: {heat: -1, steam: 2, mode: grill}\nshopp: {name: x}\n");
    var environment = Map.of("VARVE_OVEN_BAKETIME", "1h", "VARVE_OVEN_SEED", "x");

    assertThat(problems(path, environment, "oven.bake-time=0ms", "shop.breads=a,b,c,d"))
        .containsExactlyInAnyOrder(
            "oven.heat: -1 (expected: at least 0) [file " + path + "]",
            "oven.steam: 2 (expected: from 0 to 1) [file " + path + "]",
            "oven.mode: grill (expected: fan or top-heat) [file " + path + "]",
            "unknown key: shopp.name (expected: a known key; did you mean shop.name?) [file "
                + path
                + "]",
            "unknown key: VARVE_OVEN_BAKETIME (expected: a known key; did you mean"
                + " VARVE_OVEN_BAKE_TIME?) [environment VARVE_OVEN_BAKETIME]",
            "oven.seed: x (expected: a whole number) [environment VARVE_OVEN_SEED]",
            "oven.bake-time: 0ms (expected: more than 0) [--set]",
            "shop: too many breads for one shop [--set]");
  }

  @Test
  void theMessageHasOneLinePerProblem() {
    var refusal =
        catchThrowableOfType(
            ConfigException.class,
            () -> reader.load(new Sources(null, Map.of(), List.of("oven.heat=-1", "nought"))));

    assertThat(refusal)
        .hasMessage(
            "setting: nought (expected: key=value) [--set]\n"
                + "oven.heat: -1 (expected: at least 0) [--set]");
  }

  @Test
  void aRuleOverTwoKeysIsJudgedWithBothValuesInPlace() {
    var settings = List.of("oven.range.low-heat=400", "oven.range.high-heat=500");

    assertThat(reader.load(new Sources(null, Map.of(), settings)).config().oven().range())
        .isEqualTo(new Bakery.Range(400, 500));
    assertThat(
            problems(
                Map.of(), "oven.range.low-heat=400", "oven.range.high-heat=500", "oven.heat=-1"))
        .containsExactly("oven.heat: -1 (expected: at least 0) [--set]");
  }

  @Test
  void aBrokenRuleOverTwoKeysIsReportedOnce() {
    assertThat(problems(Map.of(), "oven.range.low-heat=9", "oven.range.high-heat=8"))
        .containsExactly("oven.range.high-heat: 8 (expected: at least low-heat) [--set]");
  }

  @Test
  void aWrongValueIsNotReportedAgainThroughARuleThatItTakesPartIn() {
    assertThat(problems(Map.of(), "oven.range.low-heat=400", "oven.range.high-heat=x"))
        .containsExactly(
            "oven.range.high-heat: x (expected: a whole number up to 2147483647) [--set]");
  }

  @Test
  void aBadValueThatAHigherSourceReplacesDoesNotMatter() {
    var sources = new Sources(null, Map.of("VARVE_OVEN_HEAT", "hot"), List.of("oven.heat=5"));

    assertThat(reader.load(sources).config().oven().heat()).isEqualTo(5);
  }

  @Test
  void aVariableForOneEntryOfAMapIsRefusedWithTheVariableOfTheMap() {
    assertThat(problems(Map.of("VARVE_SHOP_MODES_RYE", "fan")))
        .containsExactly(
            "unknown key: VARVE_SHOP_MODES_RYE (expected: a known key; did you mean"
                + " VARVE_SHOP_MODES, the whole map as a=1,b=2?)"
                + " [environment VARVE_SHOP_MODES_RYE]");
  }

  @Test
  void secretsStayOutOfProblems() {
    assertThat(problems(Map.of(), "shop.notes.password=hush", "shop.breads=a,b,c,d"))
        .noneMatch(problem -> problem.contains("hush"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'oven: {heat: 1}\noven: {seed: 2}' | oven: lines 1 and 2 (expected: once)",
        "'oven:\n  heat: 1\n  seed: 2\n  heat: 3' | oven.heat: lines 2 and 4 (expected: once)",
        "'oven.heat: 1\noven: {heat: 2}' | oven.heat: lines 1 and 2 (expected: once)",
        "'shop: {notes: {a: b,\n a: c}}' | shop.notes.a: lines 1 and 2 (expected: once)",
        "'oven:\n  heat:' | oven.heat: nothing (expected: a value)",
        "oven: {heat: {a: b}} | oven.heat: a map (expected: a whole number up to 2147483647)",
        "oven: {heat: [1]} | oven.heat: a list (expected: a whole number up to 2147483647)",
        "shop: {breads: {a: b}} | shop.breads: a map (expected: a list such as a,b)",
        "shop: {breads: [a, [b]]} | shop.breads: a, (expected: a list without empty items)",
        "shop: {modes: [a]} | shop.modes: a list (expected: a map such as a=1,b=2, each name once)",
        "shop: {notes: {a: {b: c}}} | shop.notes.a: a map (expected: one value)",
        "shop: {notes: {a: }} | shop.notes.a: nothing (expected: one value)",
        "shop.notes.a: [b] | shop.notes.a: b (expected: one value)",
        "- oven | file: a list (expected: keys and their values)",
        "oven | file: a text (expected: keys and their values)",
        "colour: {red: 1} | unknown key: colour.red (expected: a known key)",
        "colour: | unknown key: colour (expected: a known key)",
      })
  void aWrongPlaceInAFileIsOneProblem(String yaml, String problem) throws IOException {
    Files.writeString(path, yaml);

    assertThat(problems(path, Map.of())).containsExactly(problem + " [file " + path + "]");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'oven:\n  heat: [1' | line 2",
        "'oven: 1\n\theat: 2' | line 2",
        "'a: &x 1\nb: *x' | line 2: found an alias (expected: the value itself)",
        "'oven.heat: 1\n---\noven.heat: 2' | line 3: found a second document (expected: one)",
      })
  void aFileThatIsNotYamlIsRefusedWithTheLine(String yaml, String detail) throws IOException {
    Files.writeString(path, yaml);

    assertThat(problems(path, Map.of()))
        .singleElement()
        .asString()
        .startsWith("file: " + path + " (expected: YAML; ")
        .contains(detail)
        .doesNotContain("\n");
  }

  @Test
  void aFileThatIsNotThereOrNotTextIsNamed() throws IOException {
    assertThat(problems(path, Map.of()))
        .containsExactly("file: " + path + " (expected: an existing YAML file)");

    Files.write(path, "name: é".getBytes(StandardCharsets.ISO_8859_1));
    assertThat(problems(path, Map.of()))
        .containsExactly("file: " + path + " (expected: a YAML file in UTF-8)");
  }

  @ParameterizedTest
  @CsvSource({"''", "'# nothing\n'", "'---\n'", "'oven:\nshop:\n  notes:\n  breads:\n'"})
  void aFileWithoutAnyValueChangesNothing(String yaml) throws IOException {
    Files.writeString(path, yaml);

    assertThat(reader.load(new Sources(path, Map.of(), List.of())).config())
        .isEqualTo(Bakery.defaults());
  }

  private List<String> problems(Map<String, String> environment, String... settings) {
    return refusal(new Sources(null, environment, List.of(settings))).problems();
  }

  private List<String> problems(Path file, Map<String, String> environment, String... settings) {
    return refusal(new Sources(file, environment, List.of(settings))).problems();
  }

  private ConfigException refusal(Sources sources) {
    var refusal = catchThrowableOfType(ConfigException.class, () -> reader.load(sources));
    assertThat(refusal).isNotNull();
    return refusal;
  }
}
