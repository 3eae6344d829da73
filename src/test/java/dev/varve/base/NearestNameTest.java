package dev.varve.base;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NearestNameTest {
  private static final List<String> KNOWN =
      List.of(
          "train.batch-size", "model.dimension", "model.half-life", "id", "user_id", "video_id");

  @ParameterizedTest
  @CsvSource({
    "train.batch-sise, train.batch-size",
    "train.batchSize, train.batch-size",
    "TRAIN_BATCH_SIZE, train.batch-size",
    "batch-size, train.batch-size",
    "halflive, model.half-life",
    "model.dim, model.dimension",
    "dim, model.dimension",
    "usr_id, user_id",
    "vidoe_id, video_id",
    "video, video_id",
    "di,",
    "vi,",
    "x,",
    "item_id,",
    "colour,",
  })
  void theNearNameIsWithinAFewTypingErrorsOrGoesOnWhereTheNameEnds(String name, String near) {
    assertThat(NearestName.of(name, KNOWN).orElse(null)).isEqualTo(near);
  }

  @Test
  void amongEquallyNearNamesTheFirstInTheAlphabetIsNamedWhateverTheOrder() {
    assertThat(NearestName.of("hear", List.of("heat", "head"))).contains("head");
    assertThat(NearestName.of("hear", List.of("head", "heat"))).contains("head");
  }

  @Test
  void theRuleNamesTheNearNameOrListsTheKnown() {
    assertThat(NearestName.rule("a column", "usrid", KNOWN))
        .isEqualTo("a column; did you mean user_id?");
    assertThat(NearestName.rule("a column", "colour", List.of("b", "a")))
        .isEqualTo("a column: b, a");
    assertThat(NearestName.rule("a column", "colour", List.of())).isEqualTo("a column: none");
  }

  @Test
  void aLongListIsCutAndSaysHowMuchIsLeft() {
    var names = IntStream.range(100, 115).mapToObj(Integer::toString).toList();

    assertThat(NearestName.rule("a column", "colour", names))
        .endsWith(", 110, 111 and 3 more")
        .doesNotContain("112");
  }
}
