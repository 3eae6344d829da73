package dev.varve.serve;

import dev.varve.base.Check;
import dev.varve.config.ConfigException;
import dev.varve.config.YamlNode;
import dev.varve.config.YamlReader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The tokens that are valid: a YAML list of entries, each with {@code name}, {@code role} and
 * {@code sha256}. Immutable.
 */
public final class Tokens {
  private static final String KEY = "serve.tokens";
  private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");
  private static final String ENTRY_RULE =
      "an entry with name, role and sha256, as varve token prints them";

  private final List<Token> all;

  private Tokens(List<Token> all) {
    this.all = List.copyOf(all);
  }

  /**
   * Reads the file.
   *
   * @throws IllegalArgumentException when there is no such file, or it is no YAML or no list of
   *     tokens, naming the line; a message never quotes what may be a token
   */
  public static Tokens read(Path file) {
    YamlNode document = document(file);
    if (!(document instanceof YamlNode.Items(List<YamlNode> items, int _)) || items.isEmpty()) {
      throw refused(document.line(), "no list", "a list of tokens, at least one");
    }
    var all = new ArrayList<Token>();
    for (YamlNode item : items) {
      Token token = token(item);
      for (Token other : all) {
        if (other.name().equals(token.name()) || other.sameAs(token)) {
          throw refused(item.line(), token.name(), "a name and a token that no other entry has");
        }
      }
      all.add(token);
    }
    return new Tokens(all);
  }

  /** Whose token this is; each is compared, and each comparison takes the same time. */
  Optional<Token> find(String text) {
    byte[] hash = Token.hash(text);
    @Nullable Token found = null;
    for (Token token : all) {
      found = token.matches(hash) ? token : found;
    }
    return Optional.ofNullable(found);
  }

  @Override
  public String toString() {
    return all.size() == 1 ? "1 token" : all.size() + " tokens";
  }

  private static YamlNode document(Path file) {
    try {
      return YamlReader.read(file);
    } catch (ConfigException e) {
      throw new IllegalArgumentException("%s, %s".formatted(KEY, e.getMessage()), e);
    }
  }

  private static Token token(YamlNode item) {
    if (!(item instanceof YamlNode.Mapping(List<YamlNode.Entry> entries, int line))) {
      throw refused(item.line(), "no entry", ENTRY_RULE);
    }
    Map<String, YamlNode.Text> texts = new HashMap<>();
    for (YamlNode.Entry entry : entries) {
      boolean known = List.of("name", "role", "sha256").contains(entry.key());
      if (!known
          || !(entry.value() instanceof YamlNode.Text text)
          || texts.put(entry.key(), text) != null) {
        throw refused(entry.line(), entry.key(), ENTRY_RULE);
      }
    }
    if (texts.size() < 3) {
      throw refused(line, String.join(", ", texts.keySet().stream().sorted().toList()), ENTRY_RULE);
    }
    return new Token(name(texts), role(texts), sha256(texts));
  }

  private static String name(Map<String, YamlNode.Text> texts) {
    YamlNode.Text name = text(texts, "name");
    if (!Token.isName(name.text())) {
      throw refused(name.line(), "name " + name.text(), Token.NAME_RULE);
    }
    return name.text();
  }

  private static Role role(Map<String, YamlNode.Text> texts) {
    YamlNode.Text role = text(texts, "role");
    return Arrays.stream(Role.values())
        .filter(known -> known.text().equals(role.text()))
        .findFirst()
        .orElseThrow(() -> refused(role.line(), "role " + role.text(), "reader or operator"));
  }

  private static byte[] sha256(Map<String, YamlNode.Text> texts) {
    YamlNode.Text hash = text(texts, "sha256");
    if (!SHA256.matcher(hash.text()).matches()) {
      throw refused(
          hash.line(),
          "sha256 of %d characters".formatted(hash.text().length()),
          "64 hexadecimal digits in lower case");
    }
    return HexFormat.of().parseHex(hash.text());
  }

  private static YamlNode.Text text(Map<String, YamlNode.Text> texts, String key) {
    return Optional.ofNullable(texts.get(key)).orElseThrow();
  }

  private static IllegalArgumentException refused(int line, String found, String rule) {
    return new IllegalArgumentException(
        Check.message("%s, line %d".formatted(KEY, line), found, rule));
  }
}
