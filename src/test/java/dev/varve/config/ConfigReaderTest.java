package dev.varve.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.base.Bytes;
import dev.varve.base.Doc;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigReaderTest {
  @TempDir Path folder;

  private final ConfigReader<Bakery> reader = ConfigReader.of(Bakery.defaults());

  @Test
  void withoutSourcesEverythingHasItsDefault() {
    var loaded = reader.load(Sources.none());

    assertThat(loaded.config()).isEqualTo(Bakery.defaults());
    assertThat(loaded.settings())
        .allSatisfy(
            setting -> {
              assertThat(setting.origin()).isEqualTo("default");
              assertThat(setting.value()).isEqualTo(setting.defaultValue());
              assertThat(setting.doc()).isNotEmpty();
            });
    assertThat(loaded.settings())
        .extracting(Setting::key)
        .containsExactly(
            "oven.heat",
            "oven.range.low-heat",
            "oven.range.high-heat",
            "oven.bake-time",
            "oven.mode",
            "oven.steam",
            "oven.seed",
            "shop.name",
            "shop.open",
            "shop.till",
            "shop.recipes",
            "shop.breads",
            "shop.modes",
            "shop.notes");
  }

  @Test
  void aFileGivesAValueOfEveryType() throws IOException {
    var config =
        file("""
        oven:
          heat: 250
          range: {low-heat: 10, high-heat: 20}
          bake-time: 90s
          mode: fan
          steam: 1e-1
          seed: -9000000000
        shop:
          name: "007"
          open: false
          till: 1GiB
          recipes: /srv/recipes
          breads: [rye, "a,b"]
          modes:
            rye: fan
          notes:
            door.side: left
        """)
            .config();

    assertThat(config)
        .isEqualTo(
            new Bakery(
                new Bakery.Oven(
                    250,
                    new Bakery.Range(10, 20),
                    Duration.ofSeconds(90),
                    Bakery.Mode.FAN,
                    0.1,
                    -9_000_000_000L),
                new Bakery.Shop(
                    "007",
                    false,
                    Bytes.mib(1024),
                    Path.of("/srv/recipes"),
                    List.of("rye", "a,b"),
                    Map.of("rye", Bakery.Mode.FAN),
                    Map.of("door.side", "left"))));
  }

  @Test
  void aSettingBeatsTheEnvironmentWhichBeatsTheFileWhichBeatsTheDefault() throws IOException {
    Path file = write("oven: {heat: 1, seed: 1, steam: 0.1}\n");
    var environment = Map.of("VARVE_OVEN_HEAT", "2", "VARVE_OVEN_SEED", "2", "PATH", "/bin");
    var loaded = reader.load(new Sources(file, environment, List.of("oven.heat=3")));

    assertThat(loaded.config().oven())
        .returns(3, Bakery.Oven::heat)
        .returns(2L, Bakery.Oven::seed)
        .returns(0.1, Bakery.Oven::steam)
        .returns(Bakery.Mode.TOP_HEAT, Bakery.Oven::mode);
    assertThat(origin(loaded, "oven.heat")).isEqualTo("--set");
    assertThat(origin(loaded, "oven.seed")).isEqualTo("environment VARVE_OVEN_SEED");
    assertThat(origin(loaded, "oven.steam")).isEqualTo("file " + file);
    assertThat(origin(loaded, "oven.mode")).isEqualTo("default");
  }

  @Test
  void dottedKeysInAFileAreTheSameAsSections() throws IOException {
    var config = file("oven.range.low-heat: 7\noven: {range: {high-heat: 8}}\n").config();

    assertThat(config.oven().range()).isEqualTo(new Bakery.Range(7, 8));
  }

  @Test
  void anEntryOfAMapJoinsTheEntriesThatLowerSourcesGive() throws IOException {
    Path file = write("shop.modes: {rye: fan, oat: fan}\nshop.modes.bun: fan\n");
    var settings = List.of("shop.modes.rye=top-heat", "shop.modes.a.b=fan");
    var loaded = reader.load(new Sources(file, Map.of(), settings));

    assertThat(loaded.config().shop().modes())
        .isEqualTo(
            Map.of(
                "rye", Bakery.Mode.TOP_HEAT,
                "oat", Bakery.Mode.FAN,
                "bun", Bakery.Mode.FAN,
                "a.b", Bakery.Mode.FAN));
    assertThat(origin(loaded, "shop.modes")).isEqualTo("file " + file + ", --set");
  }

  @Test
  void aWholeMapReplacesTheOneOfLowerSources() throws IOException {
    Path file = write("shop.modes: {rye: fan}\n");
    var environment = Map.of("VARVE_SHOP_MODES", "oat=fan,bun=top-heat");

    assertThat(reader.load(new Sources(file, environment, List.of())).config().shop().modes())
        .isEqualTo(Map.of("oat", Bakery.Mode.FAN, "bun", Bakery.Mode.TOP_HEAT));
  }

  @Test
  void theValueShownIsTheShortestFormOfWhatWasGiven() {
    var loaded = set("shop.till=1048576", "oven.bake-time=3600s", "shop.notes=b=1,a=x\\,y=z");

    assertThat(value(loaded, "shop.till")).isEqualTo("1MiB");
    assertThat(value(loaded, "oven.bake-time")).isEqualTo("1h");
    assertThat(value(loaded, "shop.notes")).isEqualTo("b=1,a=x\\,y=z");
    assertThat(loaded.config().shop().notes()).isEqualTo(Map.of("b", "1", "a", "x,y=z"));
  }

  @Test
  void secretsReachTheRecordButAreNotShown() {
    var loaded = set("shop.notes.ssl.key.password=hush", "shop.notes.door=left");

    assertThat(loaded.config().shop().notes()).containsEntry("ssl.key.password", "hush");
    assertThat(value(loaded, "shop.notes")).isEqualTo("ssl.key.password=***,door=left");
  }

  @Test
  void ofTwoSettingsForOneKeyTheLaterOneCounts() {
    assertThat(set("oven.heat=1", "oven.heat=2").config().oven().heat()).isEqualTo(2);
  }

  @Test
  void theMarkdownTableHasALineForEveryKey() {
    assertThat(reader.markdown())
        .startsWith(
            "| key | default | meaning |\n|---|---|---|\n| `oven.heat` | `200` | Degrees. |")
        .contains("\n| `oven.bake-time` | `30m` | Time in the oven. |\n")
        .contains("\n| `shop.open` | `true` | Whether it sells \\| rests. |\n")
        .endsWith("\n| `shop.notes` |  | Whatever else. |\n")
        .satisfies(table -> assertThat(table.lines()).hasSize(2 + 14));
  }

  record Undocumented(@Doc("a") int a, int b) {}

  record Odd(@Doc("a") Thread a) {}

  @Test
  void aKeyWithoutADocIsAProgrammingError() {
    assertThatThrownBy(() -> ConfigReader.of(new Undocumented(1, 2)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("b: no @Doc (expected: one on every key)");
  }

  @Test
  void aComponentThatTextCannotGiveIsAProgrammingError() {
    assertThatThrownBy(() -> ConfigReader.of(new Odd(Thread.currentThread())))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("a: class java.lang.Thread (expected: a type that text can give)");
  }

  private Loaded<Bakery> set(String... settings) {
    return reader.load(new Sources(null, Map.of(), List.of(settings)));
  }

  private Loaded<Bakery> file(String yaml) throws IOException {
    return reader.load(new Sources(write(yaml), Map.of(), List.of()));
  }

  private Path write(String yaml) throws IOException {
    return Files.writeString(folder.resolve("bakery.yml"), yaml);
  }

  private static String origin(Loaded<Bakery> loaded, String key) {
    return setting(loaded, key).origin();
  }

  private static String value(Loaded<Bakery> loaded, String key) {
    return setting(loaded, key).value();
  }

  private static Setting setting(Loaded<Bakery> loaded, String key) {
    return loaded.settings().stream().filter(s -> s.key().equals(key)).findFirst().orElseThrow();
  }
}
