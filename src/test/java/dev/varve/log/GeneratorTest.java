package dev.varve.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.varve.schema.Example;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GeneratorTest {
  private static final GeneratorConfig.Model MODEL = GeneratorConfig.Model.defaults();

  @Test
  void theSameSeedGivesTheSameBytesAndAnotherSeedOthers() throws IOException {
    assertThat(text(config(3_000, 7))).isEqualTo(text(config(3_000, 7)));
    assertThat(text(config(3_000, 7))).isNotEqualTo(text(config(3_000, 8)));
  }

  @Test
  void aLongerLogBeginsWithTheShorterOne() throws IOException {
    assertThat(text(config(3_000, 7))).startsWith(text(config(2_000, 7)));
  }

  @Test
  void labelsAreDrawnFromTheTrueProbabilities() throws IOException {
    var out = new ByteArrayOutputStream();
    var summary = new Generator(config(100_000, 3)).write(out, written -> {});
    var bins = new double[10][3];
    double logLoss = 0;
    for (String line : lines(out)) {
      String[] cells = line.split(",", -1);
      double p = Double.parseDouble(cells[2]);
      double y = Double.parseDouble(cells[1]);
      double[] bin = bins[(int) (p * 10)];
      bin[0]++;
      bin[1] += p;
      bin[2] += y;
      logLoss -= Math.log(y == 1 ? p : 1 - p);
    }
    assertThat(List.of(bins))
        .allSatisfy(
            bin -> {
              double deviation = Math.sqrt(bin[0]) / 2;
              assertThat(bin[0]).isGreaterThan(100);
              assertThat(bin[2]).isCloseTo(bin[1], within(4 * deviation));
            });
    assertThat(summary.bayesLogLoss()).isCloseTo(logLoss / 100_000, within(1e-9));
    assertThat(summary.positives())
        .isCloseTo((long) (summary.meanProbability() * 100_000), within(700L));
  }

  @Test
  void theShippedMappingReadsWhatIsGenerated(@TempDir Path folder) throws IOException {
    Path log = folder.resolve("log.csv.zst");
    try (var out = Generator.compressing(log, Files.newOutputStream(log))) {
      new Generator(config(100, 1)).write(out, written -> {});
    }
    var examples = new ArrayList<Example>();
    try (var reader = LogReader.open(log, Mapping.load("generated"), Map.of())) {
      for (LogRow row = reader.next(); row != null; row = reader.next()) {
        examples.add(((LogRow.Mapped) row).example());
      }
    }
    assertThat(examples).hasSize(100);
    assertThat(Logs.shown(examples.getFirst())).matches("c0=\\d+ c1=\\d+ c2=[012]");
    assertThat(examples.get(99).getEventTimeMs())
        .isEqualTo(Generator.START.toEpochMilli() + 99 * 1_000 / 500);
  }

  @Test
  void driftChangesWhichCategoriesArePopular() throws IOException {
    var steady = new GeneratorConfig(20_000, List.of(50), 1.5, 0, 1, 500, 1, MODEL);
    var drifting = new GeneratorConfig(20_000, List.of(50), 1.5, 10_000, 1, 500, 1, MODEL);
    assertThat(mostPopular(steady, 0)).isEqualTo(mostPopular(steady, 10_000));
    assertThat(mostPopular(drifting, 0)).isEqualTo(mostPopular(steady, 0));
    assertThat(mostPopular(drifting, 10_000)).isNotEqualTo(mostPopular(drifting, 0));
  }

  @Test
  void aSingleFeatureHasNoInteractions() throws IOException {
    var config = new GeneratorConfig(10, List.of(1), 0, 0, 0, 1, 1, MODEL);
    var probabilities = text(config).lines().skip(1).map(line -> line.split(",", -1)[2]);
    assertThat(probabilities.distinct()).hasSize(1);
  }

  @Test
  void theVarianceOfTheLogitIsThatOfTheConfiguration() {
    var model = new GeneratorConfig.Model(-1, 2, 1.5, 8);
    var planted = new PlantedModel(model, 20, 11);
    var random = new SplittableRandom(4);
    double sum = 0;
    double squares = 0;
    int n = 50_000;
    for (int i = 0; i < n; i++) {
      double p = planted.probability(random.ints(20, 0, 1_000_000_000).toArray());
      double logit = Math.log(p / (1 - p));
      sum += logit;
      squares += logit * logit;
    }
    assertThat(sum / n).isCloseTo(-1, within(0.05));
    double variance = squares / n - sum / n * (sum / n);
    assertThat(variance).isCloseTo(2 * 2 + 1.5 * 1.5, within(0.3));
  }

  @Test
  void wrongValuesNameTheRule() {
    assertThatThrownBy(() -> new GeneratorConfig(1, List.of(), 1, 0, 0, 1, 1, MODEL))
        .hasMessage("features: 0 (expected: between 1 and 1000)");
    assertThatThrownBy(() -> new GeneratorConfig(-1, List.of(1), 1, 0, 0, 1, 1, MODEL))
        .hasMessage("examples: -1 (expected: at least 0)");
    assertThatThrownBy(() -> new GeneratorConfig(1, List.of(1), Double.NaN, 0, 0, 1, 1, MODEL))
        .hasMessage("zipf: NaN (expected: between 0 and 10)");
    assertThatThrownBy(() -> new GeneratorConfig(1, List.of(1), 1, 0, 2, 1, 1, MODEL))
        .hasMessage("drift-share: 2.0 (expected: between 0 and 1)");
    assertThatThrownBy(() -> new GeneratorConfig(1, List.of(1), 1, 0, 0, 0, 1, MODEL))
        .hasMessage("rate: 0.0 (expected: above 0, at most 1e9)");
    assertThatThrownBy(() -> new GeneratorConfig.Model(0, 1, 1, 9))
        .hasMessage("rank: 9 (expected: between 1 and 8)");
  }

  private static GeneratorConfig config(long examples, long seed) {
    return new GeneratorConfig(examples, List.of(1_000, 50, 3), 1.05, 1_000, 0.2, 500, seed, MODEL);
  }

  private static String text(GeneratorConfig config) throws IOException {
    var out = new ByteArrayOutputStream();
    new Generator(config).write(out, written -> {});
    return out.toString(StandardCharsets.US_ASCII);
  }

  private static List<String> lines(ByteArrayOutputStream out) {
    return out.toString(StandardCharsets.US_ASCII).lines().skip(1).toList();
  }

  /** The most frequent category among 10,000 examples from one on. */
  private static String mostPopular(GeneratorConfig config, int from) throws IOException {
    var counts = new HashMap<String, Integer>();
    text(config)
        .lines()
        .skip(1 + from)
        .limit(10_000)
        .forEach(line -> counts.merge(line.split(",", -1)[3], 1, Integer::sum));
    return Collections.max(counts.entrySet(), Map.Entry.comparingByValue()).getKey();
  }
}
