package dev.varve.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.serve.Role;
import dev.varve.serve.Token;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TokenCommandTest {
  @TempDir private Path folder;

  @Test
  void printsATokenAndTheEntryOfItsHash() {
    var run = CommandRun.of("token", "ranker", "--role", "reader");

    assertThat(run.exitCode()).isZero();
    String token = run.out().lines().findFirst().orElseThrow();
    assertThat(run.out())
        .isEqualToNormalizingNewlines(
            token + "\n\n" + Token.of("ranker", Role.READER, token).entry());
  }

  @Test
  void addsEntriesToAFileAndPrintsTheTokensAlone() throws Exception {
    Path file = Files.writeString(folder.resolve("tokens.yaml"), "# ours");
    String file1 = file.toString();

    String ranker = CommandRun.of("token", "ranker", "--role", "reader", "--add", file1).out();
    String alice = CommandRun.of("token", "alice", "--role", "operator", "--add", file1).out();

    assertThat(Files.readString(file))
        .isEqualToNormalizingNewlines(
            "# ours\n"
                + Token.of("ranker", Role.READER, ranker.strip()).entry()
                + Token.of("alice", Role.OPERATOR, alice.strip()).entry());
    try (var files = Files.list(folder)) {
      assertThat(files).containsExactly(file);
    }
  }

  @Test
  void nameThatIsTakenAndWhatIsNoneAreRefusedAndChangeNothing() throws Exception {
    Path file = folder.resolve("tokens.yaml");
    CommandRun.of("token", "ranker", "--role", "reader", "--add", file.toString());
    String before = Files.readString(file);

    var again = CommandRun.of("token", "ranker", "--role", "operator", "--add", file.toString());
    assertThat(again.exitCode()).isEqualTo(2);
    assertThat(again.out()).isEmpty();
    assertThat(again.err())
        .startsWith(
            "serve.tokens, line 4: ranker (expected: a name and a token that no other entry has)");
    assertThat(Files.readString(file)).isEqualTo(before);

    var name = CommandRun.of("token", "two words", "--role", "reader");
    assertThat(name.exitCode()).isEqualTo(2);
    assertThat(name.err()).startsWith("name: two words (expected: 1 to 64 letters, ");
    var role = CommandRun.of("token", "ranker", "--role", "king");
    assertThat(role.exitCode()).isEqualTo(2);
    assertThat(role.err()).contains("king (expected: reader or operator)");
  }
}
