package dev.varve.learn;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.schema.Quality;
import org.junit.jupiter.api.Test;

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
    assertThat(Alarms.of(window, 0)).isEmpty();
    examples(15_000, 0, 0.5, 100);

    assertThat(Alarms.of(window, 0)).isEmpty();
  }

  @Test
  void whatIsRejectedRaisesOneAndGoodRecordsEndIt() {
    examples(5_000, 0, 0.5, 0);
    examples(0, 0, 0.5, 1_000);

    assertThat(Alarms.of(window, 0))
        .containsExactly(
            new Alarms.Alarm(
                "rejected",
                "rejected: 16.7 % of the last 6000 examples (expected: at most 1 %; the dead"
                    + " letters say why, varve topics where they are)"));
    examples(10_000, 0, 0.5, 0);
    examples(10_000, 0, 0.5, 0);
    assertThat(Alarms.of(window, 0)).isEmpty();
  }

  @Test
  void refusedGradientsRaiseOne() {
    assertThat(Alarms.of(window, 3))
        .extracting(Alarms.Alarm::text)
        .singleElement()
        .asString()
        .startsWith("refused gradients: 3 (expected: none;");
  }

  @Test
  void predictionsWorseThanTheMeanRaiseOne() {
    examples(5_000, 3, 0.5, 0);
    examples(5_000, -3, 0.5, 0);

    assertThat(Alarms.of(window, 0))
        .extracting(Alarms.Alarm::kind)
        .containsExactly("normalized entropy");
  }

  @Test
  void predictionsFarFromTheRateRaiseOne() {
    examples(9_999, 0, 0.25, 0);
    assertThat(Alarms.of(window, 0)).isEmpty();
    examples(1, 0, 0.25, 0);

    assertThat(Alarms.of(window, 0)).extracting(Alarms.Alarm::kind).contains("calibration");
  }
}
