package dev.varve.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.broker.KafkaConfig;
import dev.varve.broker.Topics;
import dev.varve.log.Mapping;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** The README is true where a program can tell. */
class ReadmeTest {
  private final String readme = read("README.md");

  @Test
  void showsEveryConfigurationKeyWithItsDefault() {
    assertThat(readme).contains(ConfigOptions.reader().markdown());
  }

  @Test
  void namesEveryCommand() {
    for (CommandLine command : Main.commandLine().getSubcommands().values()) {
      if (!command.getCommandName().equals("help")) {
        assertThat(readme).contains(command.getCommandName());
      }
    }
  }

  @Test
  void namesEveryTopicAndEveryShippedMapping() {
    new Topics(KafkaConfig.defaults())
        .all()
        .forEach(topic -> assertThat(readme).contains("`" + topic.name() + "`"));
    Mapping.shipped().forEach(mapping -> assertThat(readme).contains("`" + mapping + "`"));
  }

  @Test
  void opensWithTheCommandToRunItAndTheTestCommandOfCi() {
    assertThat(readme.lines().limit(5)).anyMatch(line -> line.contains("ops/varve up"));
    String tests =
        read(".ci/run").lines().filter(line -> line.startsWith("mvn ")).findFirst().orElseThrow();
    assertThat(readme.lines().limit(5)).anyMatch(line -> line.contains(tests + " "));
  }

  private static String read(String file) {
    try {
      return Files.readString(Path.of(file));
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
