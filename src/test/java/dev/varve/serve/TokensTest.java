package dev.varve.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.syntax.ArchRuleDefinition;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TokensTest {
  private static final String HASH = "a".repeat(64);

  @TempDir private Path folder;

  @Test
  void findsWhoseTokenItIs() throws IOException {
    String ranker = Token.draw();
    String alice = Token.draw();
    var tokens =
        read(
            "# who may come in\n"
                + Token.of("ranker", Role.READER, ranker).entry()
                + Token.of("alice", Role.OPERATOR, alice).entry());

    assertThat(tokens.find(ranker)).get().extracting(Token::name).isEqualTo("ranker");
    assertThat(tokens.find(alice)).get().extracting(Token::role).isEqualTo(Role.OPERATOR);
    assertThat(tokens.find(Token.draw())).isEmpty();
    assertThat(tokens.find("")).isEmpty();
  }

  @Test
  void entryHasTheHashAndNotTheToken() {
    String entry = Token.of("ranker", Role.READER, "abc").entry();

    // The first example of FIPS 180-2.
    assertThat(entry)
        .isEqualToNormalizingNewlines(
            "- name: ranker\n  role: reader\n  sha256: ba7816bf8f01cfea414140de5dae2223"
                + "b00361a396177a9cb410ff61f20015ad\n");
  }

  @Test
  void tokensAreRandomAndFitAHeader() {
    String token = Token.draw();

    assertThat(token).matches("varve_[A-Za-z0-9_-]{43}").isNotEqualTo(Token.draw());
  }

  @Test
  void theHashItselfIsNoToken() throws IOException {
    var tokens = read(Token.of("ranker", Role.READER, "abc").entry());

    assertThat(tokens.find(HexFormat.of().formatHex(Token.hash("abc")))).isEmpty();
  }

  @Test
  void hashesAreComparedInConstantTime() {
    var token = new ClassFileImporter().importClasses(Token.class, Tokens.class);

    ArchRuleDefinition.classes()
        .that()
        .haveSimpleName("Token")
        .should()
        .callMethod(MessageDigest.class, "isEqual", byte[].class, byte[].class)
        .check(token);
    ArchRuleDefinition.noClasses()
        .should()
        .callMethod(Arrays.class, "equals", byte[].class, byte[].class)
        .check(token);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'' | 1 | no list | a list of tokens, at least one",
        "'[]' | 1 | no list | a list of tokens, at least one",
        "'tokens: []' | 1 | no list | a list of tokens, at least one",
        "'- ranker' | 1 | no entry | ENTRY",
        "'- name: ranker' | 1 | name | ENTRY",
        "'- name: r;  role: reader;  token: secret' | 3 | token | ENTRY",
        "'- name: r;  role: reader;  sha256: HASH;  role: operator' | 4 | role | ENTRY",
        "'- name: r;  role: [reader];  sha256: HASH' | 2 | role | ENTRY",
        "'- name: r;  role: admin;  sha256: HASH' | 2 | role admin | reader or operator",
        "'- name: a b;  role: reader;  sha256: HASH' | 1 | name a b | NAME",
        "'- name: r;  role: reader;  sha256: secret' | 3 | sha256 of 6 characters | DIGITS",
        "'GOOD- name: r;  role: reader;  sha256: BASH' | 4 | r | OTHER",
        "'GOOD- name: s;  role: operator;  sha256: HASH' | 4 | s | OTHER",
      })
  void brokenFileIsRefusedWithTheLineAndWithoutSecrets(
      String yaml, int line, String found, String rule) {
    String good = "- name: r;  role: reader;  sha256: HASH;";
    String text =
        yaml.replace("GOOD", good)
            .replace("HASH", HASH)
            .replace("BASH", "b".repeat(64))
            .replace(";", "\n");
    String expected =
        rule.replace("ENTRY", "an entry with name, role and sha256, as varve token prints them")
            .replace("NAME", Token.NAME_RULE)
            .replace("DIGITS", "64 hexadecimal digits in lower case")
            .replace("OTHER", "a name and a token that no other entry has");

    assertThatIllegalArgumentException()
        .isThrownBy(() -> read(text))
        .withMessage("serve.tokens, line %d: %s (expected: %s)".formatted(line, found, expected));
  }

  @Test
  void noYamlAndNoFileAreRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> read("- {"))
        .withMessageStartingWith("serve.tokens, file: ")
        .withMessageContaining("(expected: YAML; line ");
    Path missing = folder.resolve("missing.yaml");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Tokens.read(missing))
        .withMessage("serve.tokens, file: %s (expected: an existing YAML file)", missing);
  }

  private Tokens read(String yaml) throws IOException {
    return Tokens.read(Files.writeString(folder.resolve("tokens.yaml"), yaml));
  }
}
