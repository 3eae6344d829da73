package dev.varve.log;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.function.LongConsumer;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.IntStream;

/**
 * Synthetic click events whose truth is known: Zipf popularity that drifts, labels drawn from a
 * planted model. Writes CSV rows {@code event_time_ms,label,true_probability,c0,c1,…} that the
 * shipped mapping {@code generated} reads. Same configuration, same bytes, on every machine.
 *
 * <p>Memory: 4 bytes per category. Threads: one.
 */
public final class Generator {
  /** Event time of the first example. */
  public static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

  private static final int PROBABILITY_STEPS = 1_000_000;
  private static final int FLUSH_CHARS = 1 << 16;
  private static final int PROGRESS_EVERY = 1 << 12;

  private final GeneratorConfig config;
  private final RandomGenerator random;
  private final List<Popularity> features;
  private final PlantedModel model;
  private final int[] categories;
  private final StringBuilder text = new StringBuilder(FLUSH_CHARS + 4_096);
  private long positives;
  private double probabilities;
  private double logLoss;

  public Generator(GeneratorConfig config) {
    this.config = config;
    this.random = RandomGeneratorFactory.of("L64X128MixRandom").create(config.seed());
    this.features =
        config.cardinalities().stream()
            .map(cardinality -> new Popularity(cardinality, config.zipf(), random))
            .toList();
    this.categories = new int[features.size()];
    this.model = new PlantedModel(config.model(), features.size(), config.seed());
  }

  /**
   * What was generated.
   *
   * @param positives examples with label 1
   * @param meanProbability mean of the true probabilities
   * @param bayesLogLoss log-loss of the true probabilities, in nats: no model does better
   */
  public record Summary(
      long examples, long positives, double meanProbability, double bayesLogLoss) {}

  /** The output, compressed as the suffix of the file's name says (.zst, .gz). */
  public static OutputStream compressing(Path file, OutputStream out) throws IOException {
    return Compression.of(file.toString()).writing(out);
  }

  /**
   * Writes a header and all examples; to be called once. Flushes the output, and leaves it open.
   *
   * @param progress told now and then, and at the end, how many examples are written
   */
  public Summary write(OutputStream out, LongConsumer progress) throws IOException {
    text.append("event_time_ms,label,true_probability");
    IntStream.range(0, categories.length).forEach(f -> text.append(",c").append(f));
    text.append('\n');
    for (long i = 0; i < config.examples(); i++) {
      if (i > 0 && config.driftEvery() > 0 && i % config.driftEvery() == 0) {
        features.forEach(feature -> feature.drift(config.driftShare(), random));
      }
      appendExample(i);
      if (text.length() >= FLUSH_CHARS) {
        flush(out);
      }
      if (i % PROGRESS_EVERY == 0) {
        progress.accept(i);
      }
    }
    flush(out);
    out.flush();
    progress.accept(config.examples());
    double n = Math.max(1, config.examples());
    return new Summary(config.examples(), positives, probabilities / n, logLoss / n);
  }

  private void appendExample(long index) {
    for (int f = 0; f < categories.length; f++) {
      categories[f] = features.get(f).draw(random);
    }
    int steps = steps(model.probability(categories));
    double probability = (double) steps / PROBABILITY_STEPS;
    // Drawn from the probability as it is written, so that what the log says is exactly true.
    boolean positive = random.nextInt(PROBABILITY_STEPS) < steps;
    positives += positive ? 1 : 0;
    probabilities += probability;
    logLoss -= StrictMath.log(positive ? probability : 1 - probability);
    long timeMs = START.toEpochMilli() + (long) (index * 1_000.0 / config.ratePerSec());
    text.append(timeMs).append(positive ? ",1," : ",0,");
    appendProbability(steps);
    for (int category : categories) {
      text.append(',').append(category);
    }
    text.append('\n');
  }

  private static int steps(double probability) {
    return Math.clamp(Math.round(probability * PROBABILITY_STEPS), 1, PROBABILITY_STEPS - 1);
  }

  /** Six digits behind the point; the leading 1 keeps the zeros and is overwritten. */
  private void appendProbability(int steps) {
    int at = text.length();
    text.append('.').append(PROBABILITY_STEPS + steps);
    text.setCharAt(at, '0');
    text.setCharAt(at + 1, '.');
  }

  private void flush(OutputStream out) throws IOException {
    out.write(text.toString().getBytes(StandardCharsets.US_ASCII));
    text.setLength(0);
  }
}
