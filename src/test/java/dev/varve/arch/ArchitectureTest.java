package dev.varve.arch;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import dev.varve.cli.Main;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The package map: who may import whom, and where each library ends. */
class ArchitectureTest {
  private static final String ROOT = "dev.varve";

  /** A package imports lower floors only, so there are no cycles. */
  private static final Map<String, Integer> FLOORS =
      Map.ofEntries(
          entry("cli", 8),
          entry("bench", 7),
          entry("topology", 6),
          entry("feed", 6),
          entry("serve", 6),
          entry("cluster", 5),
          entry("store", 4),
          entry("broker", 4),
          entry("learn", 3),
          entry("join", 3),
          entry("table", 2),
          entry("layout", 2),
          entry("log", 2),
          entry("event", 1),
          entry("kernel", 1),
          entry("config", 1),
          entry("base", 0),
          entry("schema", 0));

  /** Libraries by the beginning of their packages, and who may use them. */
  private static final Map<String, Set<String>> LIBRARIES =
      Map.ofEntries(
          entry("org.apache.kafka", Set.of("topology", "store", "broker", "feed", "bench", "cli")),
          entry("org.rocksdb", Set.of("store", "bench")),
          entry("com.linecorp.armeria", Set.of("serve", "cluster", "bench")),
          entry("io.grpc", Set.of("serve", "cluster", "topology", "schema", "bench")),
          entry("io.micrometer", Set.of("serve", "cli", "bench")),
          entry("org.bytedeco", Set.of("kernel")),
          entry("org.agrona", Set.of("kernel", "learn", "table", "store")),
          entry("com.fasterxml.jackson", Set.of("config", "log", "serve", "cli")),
          entry("org.apache.datasketches", Set.of("event", "store", "learn")),
          entry("picocli", Set.of("cli")));

  private static final Path SOURCES = Path.of("src/main/java/dev/varve");
  private static final String PACKAGE_INFO = "package-info.java";

  private static final JavaClasses CLASSES =
      new ClassFileImporter().withImportOption(new DoNotIncludeTests()).importPackages(ROOT);

  /** The part of Varve that a class belongs to, such as {@code store}. */
  private static String part(JavaClass of) {
    String below = of.getPackageName().substring(ROOT.length() + 1);
    int dot = below.indexOf('.');
    return dot < 0 ? below : below.substring(0, dot);
  }

  @Test
  void everyPackageHasAFloor() {
    assertThat(CLASSES.stream().map(ArchitectureTest::part).collect(Collectors.toSet()))
        .isEqualTo(FLOORS.keySet());
  }

  @Test
  void aPackageImportsLowerFloorsOnly() {
    Set<String> upward = new TreeSet<>();
    for (JavaClass from : CLASSES) {
      for (Dependency dependency : from.getDirectDependenciesFromSelf()) {
        JavaClass to = dependency.getTargetClass().getBaseComponentType();
        if (to.getPackageName().startsWith(ROOT)
            && !part(to).equals(part(from))
            && floor(to) >= floor(from)) {
          upward.add(from.getFullName() + " -> " + to.getFullName());
        }
      }
    }
    assertThat(upward).isEmpty();
  }

  private static int floor(JavaClass of) {
    return FLOORS.getOrDefault(part(of), Integer.MAX_VALUE);
  }

  static Set<Map.Entry<String, Set<String>>> libraries() {
    return LIBRARIES.entrySet();
  }

  @ParameterizedTest
  @MethodSource("libraries")
  void aLibraryEndsAtThePackagesThatMayUseIt(Map.Entry<String, Set<String>> library) {
    String[] allowed =
        library.getValue().stream().map(part -> ROOT + "." + part + "..").toArray(String[]::new);
    String packages = library.getKey() + "..";
    noClasses()
        .that(resideInAPackage(ROOT + "..").and(resideInAnyPackage(allowed).negate()))
        .should()
        .dependOnClassesThat()
        .resideInAPackage(packages)
        .check(CLASSES);
    assertThat(CLASSES.stream().anyMatch(of -> uses(of, library.getKey())))
        .as("%s is used", library.getKey())
        .isTrue();
  }

  private static boolean uses(JavaClass of, String library) {
    return of.getDirectDependenciesFromSelf().stream()
        .anyMatch(to -> to.getTargetClass().getPackageName().startsWith(library));
  }

  /**
   * Commands should speak of topics and offsets in the words of {@code broker} and {@code feed}:
   * what is left of Kafka in them must not become more.
   */
  @Test
  void ofTheCommandsOnlyTwoFilesImportKafka() throws IOException {
    try (var files = Files.list(SOURCES.resolve("cli"))) {
      assertThat(files.filter(file -> read(file).contains("import org.apache.kafka.")))
          .extracting(file -> file.getFileName().toString())
          .containsExactlyInAnyOrder("Node.java", "ReplayCommand.java");
    }
  }

  @Test
  void onlyMainEndsTheProcess() {
    noClasses()
        .that()
        .doNotBelongToAnyOf(Main.class)
        .should()
        .callMethod(System.class, "exit", int.class)
        .orShould()
        .callMethod(Runtime.class, "exit", int.class)
        .orShould()
        .callMethod(Runtime.class, "halt", int.class)
        .check(CLASSES);
  }

  @ParameterizedTest
  @ValueSource(strings = {"Util", "Utils", "Manager", "Helper", "Impl"})
  void noNameSaysNothing(String ending) {
    noClasses()
        .that(resideInAPackage("dev.varve.schema..").negate())
        .should()
        .haveSimpleNameEndingWith(ending)
        .check(CLASSES);
  }

  @Test
  void everyPackageIsNullMarkedAndSaysWhatItIs() {
    for (String part : FLOORS.keySet()) {
      if (!part.equals("schema")) {
        assertThat(read(SOURCES.resolve(part).resolve(PACKAGE_INFO)))
            .contains("/**")
            .contains("@NullMarked\npackage dev.varve." + part + ";");
      }
    }
  }

  @Test
  void everyPackageOfTestsIsNullMarked() throws IOException {
    try (var folders = Files.list(Path.of("src/test/java/dev/varve"))) {
      assertThat(folders)
          .isNotEmpty()
          .allSatisfy(
              folder ->
                  assertThat(read(folder.resolve(PACKAGE_INFO)))
                      .contains("@NullMarked\npackage dev.varve." + folder.getFileName() + ";"));
    }
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
