package dev.varve.learn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.varve.schema.Quality;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AlarmsTest {
  private final QualityWindow window = new QualityWindow(20_000);

  /** Predicts every example alike. */
  private void examples(int n, float logit, double clicked, int rejected) {
    var sum = new QualitySum();
    for (int i = 0; i < n; i++) {
      boolean isClicked = i < clicked * n;
      sum.count(logit, isClicked ? 1 : 0, isClicked ? 0 : 1);
    }
    for (int i = 0; i < rejected; i++) {
      sum.countRejected();
    }
    window.add(Quality.newBuilder().addSources(sum.toProto("web")).build());
  }

  @Test
  void thereIsNoneWhileAllIsWell() {
    assertThat(Alarms.of(window, 0, Duration.ZERO)).isEmpty();
    examples(15_000, 0, 0.5, 100);

    assertThat(Alarms.of(window, 0, Duration.ZERO)).isEmpty();
  }

  @Test
  void whatIsRejectedRaisesOneAndGoodRecordsEndIt() {
    examples(5_000, 0, 0.5, 0);
    examples(0, 0, 0.5, 1_000);

    assertThat(Alarms.of(window, 0, Duration.ZERO))
        .containsExactly(
            new Alarms.Alarm(
                "rejected",
                "rejected: 16.7 % of the last 6000 examples (expected: at most 1 %; the dead"
                    + " letters say why, varve topics where they are)"));
    examples(10_000, 0, 0.5, 0);
    examples(10_000, 0, 0.5, 0);
    assertThat(Alarms.of(window, 0, Duration.ZERO)).isEmpty();
  }

  @Test
  void lostContactRaisesOne() {
    assertThat(Alarms.of(window, 0, Duration.ofMillis(23_900)))
        .extracting(Alarms.Alarm::text)
        .singleElement()
        .asString()
        .startsWith("kafka: no contact for 23 s (expected: contact;");
  }

  @Test
  void refusedGradientsRaiseOne() {
    assertThat(Alarms.of(window, 3, Duration.ZERO))
        .extracting(Alarms.Alarm::text)
        .singleElement()
        .asString()
        .startsWith("refused gradients: 3 (expected: none;");
  }

  @Test
  void predictionsWorseThanTheMeanRaiseOne() {
    examples(5_000, 3, 0.5, 0);
    examples(5_000, -3, 0.5, 0);

    assertThat(Alarms.of(window, 0, Duration.ZERO))
        .extracting(Alarms.Alarm::kind)
        .containsExactly("normalized entropy");
  }

  @Test
  void predictionsFarFromTheRateRaiseOne() {
    examples(9_999, 0, 0.25, 0);
    assertThat(Alarms.of(window, 0, Duration.ZERO)).isEmpty();
    examples(1, 0, 0.25, 0);

    assertThat(Alarms.of(window, 0, Duration.ZERO))
        .extracting(Alarms.Alarm::kind)
        .contains("calibration");
  }

  // -- bounds

  @Test
  void aHundredthMayBeRejectedAndNoMore() {
    examples(19_800, 0, 0.5, 200);
    assertThat(kinds()).isEmpty();
    examples(0, 0, 0.5, 3);

    assertThat(kinds()).containsExactly("rejected");
  }

  @Test
  void oneRefusedGradientIsEnough() {
    assertThat(Alarms.of(window, 1, Duration.ZERO)).hasSize(1);
  }

  @ParameterizedTest
  @CsvSource({"0.7, 1.087, false", "0.8, 1.113, true"})
  void predictionsMayBeATenthWorseThanTheMean(float logit, double entropy, boolean isRaised) {
    examples(10_000, logit, 0.5, 0);
    examples(10_000, -logit, 0.5, 0);

    assertThat(window.snapshot().normalizedEntropy()).isCloseTo(entropy, within(1e-3));
    assertThat(kinds().contains("normalized entropy")).isEqualTo(isRaised);
  }

  @ParameterizedTest
  @CsvSource({"0.33, true", "0.34, false", "0.74, false", "0.76, true"})
  void predictionsMayBeHalfAsHighAgainAsTheRateOrAsMuchTooLow(double rate, boolean isRaised) {
    examples(20_000, 0, rate, 0);

    assertThat(kinds().contains("calibration")).isEqualTo(isRaised);
  }

  private List<String> kinds() {
    return Alarms.of(window, 0, Duration.ZERO).stream().map(Alarms.Alarm::kind).toList();
  }
}
