package dev.varve.topology;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.broker.DeadLetter;
import dev.varve.testing.LogLines;
import org.apache.kafka.streams.processor.api.MockProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class DeadLettersTest {
  private static final String SINK = "sink";
  private static final int LOG_EVERY_MS = 10_000;

  private final MockProcessorContext<byte[], byte[]> context = new MockProcessorContext<>();
  private final DeadLetters letters = new DeadLetters(context, SINK);

  @BeforeEach
  void receiveARecord() {
    context.setRecordMetadata("deltas", 3, 42);
    context.setCurrentSystemTimeMs(1_000_000);
  }

  private void refuse(String reason) {
    letters.send(new Record<>(null, new byte[] {1}, 0), reason);
  }

  @Test
  void theLogHasTheReasonAsTheLetterHasIt() {
    try (var log = new LogLines(DeadLetters.class)) {
      refuse("r".repeat(480_000));

      assertThat(log.all())
          .containsExactly(
              "refused 1 records of deltas since the last message; newest: " + "r".repeat(1_000));
    }
    var record = context.forwarded(SINK).getFirst().record();
    assertThat(record.headers().lastHeader(DeadLetter.REASON).value()).hasSize(1_000);
  }

  @Test
  void aFloodIsLoggedOnceInAWhileWithHowManyThereWere() {
    try (var log = new LogLines(DeadLetters.class)) {
      refuse("first");
      refuse("second");
      refuse("third");
      assertThat(log.all()).hasSize(1);

      context.setCurrentSystemTimeMs(1_000_000 + LOG_EVERY_MS);
      refuse("fourth");
      assertThat(log.all())
          .last()
          .isEqualTo("refused 3 records of deltas since the last message; newest: fourth");
    }
    assertThat(context.forwarded(SINK)).hasSize(4);
  }
}
