package dev.varve.config;

import static dev.varve.testing.Cases.forAll;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class JoinedTest {
  private static final String LETTERS = "ab,=\\ .";

  @Test
  void everyListOfTextsComesBackFromItsLine() {
    forAll(
        500,
        random -> {
          var items = new ArrayList<String>();
          int n = random.nextInt(0, 5);
          for (int i = 0; i < n; i++) {
            items.add(text(random, 1));
          }
          assertThat(Joined.toItems(Joined.items(items))).isEqualTo(items);
        });
  }

  @Test
  void everyMapOfTextsComesBackFromItsLine() {
    forAll(
        500,
        random -> {
          var entries = new LinkedHashMap<String, String>();
          int n = random.nextInt(0, 5);
          for (int i = 0; i < n; i++) {
            entries.put(text(random, 1), text(random, 0));
          }
          assertThat(Joined.toEntries(Joined.entries(entries))).contains(entries);
        });
  }

  @Test
  void aBackslashBeforeAnOrdinaryLetterIsABackslash() {
    assertThat(Joined.toItems("C:\\temp,b")).containsExactly("C:\\temp", "b");
  }

  private static String text(RandomGenerator random, int least) {
    var text = new StringBuilder();
    int n = random.nextInt(least, 6);
    for (int i = 0; i < n; i++) {
      text.append(LETTERS.charAt(random.nextInt(LETTERS.length())));
    }
    return text.toString();
  }
}
