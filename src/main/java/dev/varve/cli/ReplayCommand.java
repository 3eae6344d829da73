package dev.varve.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.varve.base.Check;
import dev.varve.base.Durations;
import dev.varve.broker.KafkaConfig;
import dev.varve.broker.Topics;
import dev.varve.feed.EventSender;
import dev.varve.feed.ExampleSender;
import dev.varve.feed.LearnedWatch;
import dev.varve.feed.LogSender;
import dev.varve.learn.QualitySum;
import dev.varve.log.LogReader;
import dev.varve.log.LogRow;
import dev.varve.log.Mapping;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code varve replay}: sends a log to a running Varve. */
@Command(
    name = "replay",
    description = {
      "Send a log of events to a running Varve, which learns from them.",
      "A row that the mapping cannot read is counted and sent to the dead letters; the rest goes"
          + " on."
    },
    mixinStandardHelpOptions = true)
final class ReplayCommand implements Callable<Integer> {
  private static final Duration POLL = Duration.ofMillis(50);
  private static final Duration LONGEST_STANDSTILL = Duration.ofMinutes(10);
  private static final int ROWS_BETWEEN_POLLS = 2_000;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Mixin private ServerOption server = new ServerOption();

  @Parameters(
      paramLabel = "FILE",
      description = "The log: CSV, TSV or JSON lines; plain, .zst or .gz; - is the standard input.")
  private Path file = Path.of("-");

  @Option(
      names = "--as",
      required = true,
      paramLabel = "MAPPING",
      description =
          "How to read it: a YAML file, or one of avazu, criteo, generated, globo, kuairand, mind,"
              + " movielens, talkingdata.")
  private String mapping = "";

  @Option(
      names = "--join",
      paramLabel = "NAME=FILE",
      description =
          "File of one of the mapping's side tables; else it is looked for beside the log.")
  private Map<String, Path> joins = Map.of();

  @Option(
      names = "--events",
      description =
          "Send impressions and clicks instead of labelled examples: the server joins them.")
  private boolean events;

  @Option(
      names = "--click-delay",
      paramLabel = "DURATION",
      description =
          "With --events, the mean time from an impression to its click; a log does not say it, so"
              + " it is drawn. Default: ${DEFAULT-VALUE}")
  private String clickDelay = "30s";

  @Option(names = "--rate", paramLabel = "N", description = "Send at most N examples a second.")
  private @Nullable Double rate;

  @Option(names = "--limit", paramLabel = "N", description = "Send the first N examples.")
  private @Nullable Long limit;

  @Option(
      names = "--wait",
      description =
          "Return when everything sent is learned, and print how well it was predicted before.")
  private boolean wait;

  @Option(names = "--json", description = "End with one JSON object.")
  private boolean json;

  /** What was sent. */
  private record Sent(long examples, long refused, Map<TopicPartition, Long> ends) {}

  @Override
  public Integer call() throws IOException, InterruptedException {
    requirePositive("--rate", rate);
    requirePositive("--limit", limit);
    try (LogReader log = LogReader.open(file, Mapping.load(mapping), joins)) {
      JsonNode status;
      try (ServerClient client = server.connect()) {
        status = client.get("/api/status");
      }
      JsonNode kafka = status.path("kafka");
      String bootstrap = kafka.path("bootstrap").asText();
      var topics = new Topics(KafkaConfig.defaults().withPrefix(kafka.path("prefix").asText()));
      String source = "replay-" + UUID.randomUUID();
      long begunNs = System.nanoTime();
      try (var watch = new LearnedWatch(bootstrap, topics, source);
          LogSender sender = sender(bootstrap, topics, source, status)) {
        Sent sent = sendAndWait(log, sender, watch);
        print(sent, watch.quality(), (System.nanoTime() - begunNs) / 1e9);
      }
    }
    return 0;
  }

  private LogSender sender(String bootstrap, Topics topics, String source, JsonNode status) {
    if (!events) {
      return new ExampleSender(bootstrap, topics, source);
    }
    Duration window = Duration.ofMillis(status.path("joinWindowMs").asLong());
    return new EventSender(bootstrap, topics, source, window, delay());
  }

  private Duration delay() {
    try {
      return Durations.parse(clickDelay);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(
          spec.commandLine(), Check.message("--click-delay", clickDelay, Durations.RULE), e);
    }
  }

  private Sent sendAndWait(LogReader log, LogSender sender, LearnedWatch watch)
      throws IOException, InterruptedException {
    try (var progress = new ProgressLine(spec.commandLine().getErr())) {
      Sent sent = send(log, sender, watch, progress);
      if (wait) {
        awaitLearned(sent, watch, progress);
      }
      return sent;
    }
  }

  private void requirePositive(String option, @Nullable Number value) {
    if (value != null && !(value.doubleValue() > 0)) {
      throw new ParameterException(
          spec.commandLine(), Check.message(option, value, "greater than 0"));
    }
  }

  private Sent send(LogReader log, LogSender sender, LearnedWatch watch, ProgressLine progress)
      throws IOException {
    long begunNs = System.nanoTime();
    long examples = 0;
    long refused = 0;
    long most = limit == null ? Long.MAX_VALUE : limit;
    LogRow row;
    while (examples < most && (row = log.next()) != null) {
      switch (row) {
        case LogRow.Mapped mapped -> {
          pace(begunNs, examples);
          sender.send(mapped.example());
          examples++;
        }
        case LogRow.Refused bad -> {
          sender.refuse(bad.raw(), "row %d: %s".formatted(bad.row(), bad.reason()));
          refused++;
          if (refused == 1) {
            spec.commandLine()
                .getErr()
                .printf("first refused row: %d: %s%n", bad.row(), bad.reason());
          }
        }
      }
      if ((examples + refused) % ROWS_BETWEEN_POLLS == 0) {
        // Reports do not stay for ever: they are read while more is sent.
        watch.poll(Duration.ZERO);
      }
      progress.show("sent", examples, share(log, examples));
    }
    return new Sent(examples, refused, sender.flush());
  }

  private OptionalDouble share(LogReader log, long examples) {
    OptionalLong size = log.sizeBytes();
    double ofFile = size.isPresent() ? (double) log.bytesRead() / size.getAsLong() : 0;
    double ofLimit = limit == null ? 0 : (double) examples / limit;
    double share = Math.max(ofFile, ofLimit);
    return share > 0 ? OptionalDouble.of(share) : OptionalDouble.empty();
  }

  private void pace(long begunNs, long examples) {
    if (rate != null) {
      long dueNs = begunNs + (long) (examples * 1e9 / rate);
      for (long now = System.nanoTime(); now < dueNs; now = System.nanoTime()) {
        LockSupport.parkNanos(dueNs - now);
      }
    }
  }

  private void awaitLearned(Sent sent, LearnedWatch watch, ProgressLine progress)
      throws InterruptedException {
    long movedNs = System.nanoTime();
    long seen = -1;
    Map<TopicPartition, Long> joined = Map.of();
    while (events ? !watch.learned(joined) || joined.isEmpty() : !watch.trained(sent.ends)) {
      watch.poll(POLL);
      if (events && joined.isEmpty() && watch.joined(sent.ends)) {
        joined = watch.examples();
      }
      long learned = watch.quality().examples() + watch.quality().rejected();
      if (learned != seen) {
        seen = learned;
        movedNs = System.nanoTime();
      }
      requireMovement(movedNs, learned, sent);
      progress.show("learned", learned, OptionalDouble.of((double) learned / sent.examples));
    }
    Map<TopicPartition, Long> updates = watch.updates();
    movedNs = System.nanoTime();
    while (!watch.applied(updates)) {
      requireMovement(movedNs, seen, sent);
      LockSupport.parkNanos(POLL.toNanos());
    }
  }

  private static void requireMovement(long movedNs, long learned, Sent sent) {
    if (System.nanoTime() - movedNs > LONGEST_STANDSTILL.toNanos()) {
      throw new CommandException(
          "learned: %d of %d (expected: more within %d min; what was sent stays in Kafka; look at"
                  .formatted(learned, sent.examples, LONGEST_STANDSTILL.toMinutes())
              + " the server's log)");
    }
  }

  private void print(Sent sent, QualitySum quality, double seconds) {
    var out = spec.commandLine().getOut();
    long rejected = sent.refused + quality.rejected();
    if (json) {
      ObjectNode result = Json.MAPPER.createObjectNode();
      result.put("sent", sent.examples);
      result.put("refusedRows", sent.refused);
      if (wait) {
        result.put("examples", quality.examples());
        result.put("rejected", rejected);
        putFinite(result, "logLoss", quality.logLoss());
        putFinite(result, "auc", quality.auc());
        putFinite(result, "calibration", quality.calibration());
        result.put("examplesPerSecond", quality.examples() / seconds);
      }
      result.put("seconds", seconds);
      out.println(result);
      return;
    }
    out.printf(
        Locale.ROOT,
        "sent %,d examples, refused %,d rows, in %.1f s%n",
        sent.examples,
        sent.refused,
        seconds);
    if (wait) {
      out.printf(
          Locale.ROOT,
          "learned %,d, rejected %,d, %,.0f examples/s%n",
          quality.examples(),
          rejected,
          quality.examples() / seconds);
      out.printf(
          Locale.ROOT,
          "log-loss %.5f, AUC %.5f, calibration %.3f (each example predicted before it was"
              + " learned)%n",
          quality.logLoss(),
          quality.auc(),
          quality.calibration());
    }
  }

  private static void putFinite(ObjectNode result, String name, double value) {
    if (Double.isFinite(value)) {
      result.put(name, value);
    } else {
      result.putNull(name);
    }
  }
}
