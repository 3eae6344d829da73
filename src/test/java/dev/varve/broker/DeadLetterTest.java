package dev.varve.broker;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.Test;

class DeadLetterTest {
  private static Map<String, String> headers(DeadLetter letter) {
    Map<String, String> texts = new TreeMap<>();
    letter
        .headers()
        .forEach(
            header -> texts.put(header.key(), new String(header.value(), StandardCharsets.UTF_8)));
    return texts;
  }

  private static Headers source(byte[] name) {
    return new RecordHeaders().add(DeadLetter.SOURCE, name);
  }

  @Test
  void theHeadersSayWhyAndWhoAndWhere() {
    DeadLetter letter = DeadLetter.of(new byte[] {1}, "label: missing", "May").from("t", 3, 42);

    assertThat(headers(letter))
        .containsExactlyInAnyOrderEntriesOf(
            Map.of(
                "varve.reason", "label: missing",
                "varve.source", "May",
                "varve.topic", "t",
                "varve.partition", "3",
                "varve.offset", "42"));
    assertThat(letter.value()).containsExactly(1);
  }

  @Test
  void whatIsNotKnownHasNoHeader() {
    assertThat(headers(DeadLetter.of(new byte[0], "because", "")))
        .containsExactly(Map.entry("varve.reason", "because"));
  }

  @Test
  void theValueIsCutTo64KiBAndARecordWithoutOneIsEmpty() {
    byte[] large = new byte[(64 << 10) + 1];
    Arrays.fill(large, (byte) 7);
    byte[] exact = Arrays.copyOf(large, 64 << 10);

    assertThat(DeadLetter.of(large, "r", "").value()).isEqualTo(exact);
    assertThat(DeadLetter.of(exact, "r", "").value()).isEqualTo(exact);
    assertThat(DeadLetter.of(null, "r", "").value()).isEmpty();
  }

  @Test
  void whatQuotesTheSenderIsCut() {
    DeadLetter letter = DeadLetter.of(null, "r".repeat(5_000), "s".repeat(5_000));

    assertThat(headers(letter).get("varve.reason")).hasSize(1_000).isEqualTo(letter.reason());
    assertThat(headers(letter).get("varve.source")).hasSize(100);
  }

  @Test
  void theSourceIsTheLastHeaderOfItsNameCutTo100Characters() {
    assertThat(DeadLetter.source(new RecordHeaders())).isEmpty();
    assertThat(DeadLetter.source(source(new byte[0]))).isEmpty();
    assertThat(DeadLetter.source(new RecordHeaders().add(DeadLetter.SOURCE, null))).isEmpty();
    byte[] name = "é".repeat(101).getBytes(StandardCharsets.UTF_8);
    assertThat(DeadLetter.source(source(new byte[] {'a'}).add(DeadLetter.SOURCE, name)))
        .isEqualTo("é".repeat(100));
  }
}
