package dev.varve.topology;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.testing.StreamsDriver;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.ContextualProcessor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What the hook relies on inside Kafka Streams, and what a new version of it could break silently:
 * that it is called before the commit, and what may be done then.
 */
class CommitHookTest {
  private static final String HOOK = "hook";
  private static final Duration PERIOD = Duration.ofSeconds(1);

  @TempDir private Path folder;
  @TempDir private Path kept;

  /** Sends nothing but from the hook: all it has seen since the commit before. */
  private static final class Buffer extends ContextualProcessor<byte[], byte[], byte[], byte[]> {
    private final StringBuilder seen = new StringBuilder();

    @Override
    public void init(ProcessorContext<byte[], byte[]> context) {
      super.init(context);
      CommitHook hook = context.getStateStore(HOOK);
      hook.beforeCommit(context, this::send);
      var _ = context.schedule(PERIOD, PunctuationType.WALL_CLOCK_TIME, _ -> seen.append('!'));
    }

    @Override
    public void process(Record<byte[], byte[]> record) {
      seen.append(new String(record.value(), StandardCharsets.UTF_8));
    }

    private void send() {
      byte[] all = seen.toString().getBytes(StandardCharsets.UTF_8);
      context().forward(new Record<>(null, all, context().currentSystemTimeMs()), "check");
      seen.setLength(0);
    }
  }

  /** Hands on what the hook sends, with the offset that it seems to come from. */
  private static final class Check extends ContextualProcessor<byte[], byte[], byte[], byte[]> {
    @Override
    public void process(Record<byte[], byte[]> record) {
      String offset = context().recordMetadata().map(from -> "@" + from.offset()).orElse("");
      String text = new String(record.value(), StandardCharsets.UTF_8) + offset;
      context().forward(record.withValue(text.getBytes(StandardCharsets.UTF_8)));
    }
  }

  private static StreamsDriver start(Path folder) {
    var topology = new Topology();
    topology.addSource("in", new ByteArrayDeserializer(), new ByteArrayDeserializer(), "in");
    topology.addProcessor("buffer", Buffer::new, "in");
    topology.addStateStore(new CommitHook.Builder(HOOK), "buffer");
    topology.addProcessor("check", Check::new, "buffer");
    topology.addSink("out", "out", new ByteArraySerializer(), new ByteArraySerializer(), "check");
    return new StreamsDriver(topology, Parts.settings("hook"), folder);
  }

  private static void send(StreamsDriver driver, String text) {
    driver.send("in", text.getBytes(StandardCharsets.UTF_8), new RecordHeaders());
  }

  private static List<String> read(StreamsDriver driver) {
    return driver.read("out").stream()
        .map(record -> new String(record.value(), StandardCharsets.UTF_8))
        .toList();
  }

  @Test
  void whatTheHookForwardsLeavesInTheTransactionOfTheRecord() {
    try (StreamsDriver driver = start(folder)) {
      send(driver, "a");
      assertThat(driver.commits()).isEqualTo(1);
      assertThat(read(driver)).containsExactly("a@-1");

      send(driver, "b");
      assertThat(driver.commits()).isEqualTo(2);
      assertThat(read(driver)).containsExactly("b@-1");
    }
  }

  @Test
  void theHookMayForwardAfterAPunctuationWhenThereIsNoRecord() {
    try (StreamsDriver driver = start(folder)) {
      driver.pass(PERIOD);

      assertThat(driver.commits()).isEqualTo(1);
      assertThat(read(driver)).containsExactly("!@-1");
    }
  }

  @Test
  void theHookLeavesNothingBehindThatARestartWouldMiss() {
    StreamsDriver first = start(folder);
    send(first, "a");
    first.stop(kept);

    try (StreamsDriver again = start(kept)) {
      send(again, "b");
      assertThat(read(again)).containsExactly("b@-1");
    }
  }
}
