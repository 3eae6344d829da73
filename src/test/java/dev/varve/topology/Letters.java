package dev.varve.topology;

import dev.varve.testing.StreamsDriver;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import org.apache.kafka.streams.test.TestRecord;

/** Reads dead letters. */
final class Letters {
  /** A dead letter: its bytes, and what its headers say. */
  record Letter(TestRecord<byte[], byte[]> record) {
    byte[] value() {
      return record.value();
    }

    String header(String name) {
      var header = Objects.requireNonNull(record.headers().lastHeader(name), name);
      return new String(header.value(), StandardCharsets.UTF_8);
    }

    String reason() {
      return header("varve.reason");
    }

    /** Topic, partition and offset. */
    String from() {
      return "%s-%s@%s"
          .formatted(header("varve.topic"), header("varve.partition"), header("varve.offset"));
    }
  }

  private Letters() {}

  static List<Letter> read(StreamsDriver driver) {
    return driver.read(Parts.TOPICS.deadLetters()).stream().map(Letter::new).toList();
  }
}
