package dev.varve.config;

import dev.varve.base.Check;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Builds the records, and finds every rule that their values break.
 *
 * <p>A record stops at its first refusal. So the value that it names is noted and set back to its
 * default, and the records are built again, until nothing is refused any more. That way a rule over
 * two values is judged with both of them in place, and noted once.
 */
final class RuleCheck {
  private static final Pattern REFUSAL =
      Pattern.compile("([^\\s:]+): (.*) \\(expected: (.*)\\)", Pattern.DOTALL);

  private final Draft draft;
  private final Map<Leaf, Object> kept;

  private RuleCheck(Draft draft, Map<Leaf, Object> values) {
    this.draft = draft;
    this.kept = new HashMap<>(values);
  }

  /**
   * The root record; the draft has a problem for each value that had to be left out.
   *
   * @param values of the keys that do not have their default
   */
  static Object build(Draft draft, Map<Leaf, Object> values) {
    return new RuleCheck(draft, values).build();
  }

  private Object build() {
    while (true) {
      try {
        return draft.schema().root().build(leaf -> kept.getOrDefault(leaf, leaf.defaultValue()));
      } catch (RefusedException e) {
        note(e);
      }
    }
  }

  private void note(RefusedException e) {
    if (kept.isEmpty()) {
      throw new IllegalStateException("the defaults break a rule", e);
    }
    String message = String.valueOf(e.getMessage());
    var refusal = REFUSAL.matcher(message);
    Optional<Leaf> named =
        refusal.matches() ? named(e.section(), refusal.group(1)) : Optional.empty();
    named.ifPresentOrElse(leaf -> note(leaf, refusal.group(3)), () -> note(e.section(), message));
    if (named.isEmpty() || kept.remove(named.get()) == null) {
      e.section().leaves().forEach(kept::remove);
    }
  }

  /** A key whose value was left out before has had its say: this is only what follows from it. */
  private void note(Leaf leaf, String rule) {
    boolean leftOut = draft.gives(leaf) && !kept.containsKey(leaf);
    if (!leftOut) {
      var value = draft.effective(leaf);
      String shown = Secrets.masked(leaf, value.raw());
      draft.refuse(Check.message(leaf.key(), shown, rule), value.origin());
    }
  }

  private void note(Section section, String message) {
    String place = section.key().isEmpty() ? "" : section.key() + ": ";
    draft.refuse(place + message, origins(section));
  }

  /** The key that a record's message means: a component of its own, or the full key. */
  private Optional<Leaf> named(Section section, String name) {
    String kebab = Keys.kebab(name);
    return draft
        .schema()
        .find(Keys.join(section.key(), kebab))
        .or(() -> draft.schema().find(kebab))
        .map(Schema.Place::leaf);
  }

  private String origins(Section section) {
    return section
        .leaves()
        .filter(kept::containsKey)
        .map(leaf -> draft.effective(leaf).origin())
        .distinct()
        .reduce((a, b) -> a + ", " + b)
        .orElse("default");
  }
}
