package dev.varve.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class KafkaConfigTest {
  private static KafkaConfig with(String bootstrap, String prefix, int partitions, int shards) {
    return new KafkaConfig(
        bootstrap,
        9092,
        prefix,
        partitions,
        shards,
        2,
        Duration.ofDays(1),
        "a",
        "h:1",
        2,
        Map.of("k", "v"));
  }

  @Test
  void anotherPrefixChangesNothingElse() {
    KafkaConfig before = with("a:1,b:2", "one", 5, 7);

    KafkaConfig after = before.withPrefix("two");

    assertThat(after.prefix()).isEqualTo("two");
    assertThat(after.withPrefix("one")).isEqualTo(before);
    assertThat(new Topics(after).examples()).isEqualTo("two.examples");
  }

  @Test
  void theBrokerIsEmbeddedUnlessServersAreNamed() {
    assertThat(KafkaConfig.defaults().embedded()).isTrue();
    assertThat(with("a:1", "one", 1, 1).embedded()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"a", "a:", ":1", "a:1,", "a:1, b:2", "a:x"})
  void serversAreHostAndPort(String bootstrap) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> with(bootstrap, "one", 1, 1))
        .withMessageStartingWith("bootstrap: " + bootstrap + " (expected: host:port");
  }

  @ParameterizedTest
  @CsvSource({"host, 0, address: host", "http://h:1, 0, address: http", "h:1, 17, standbys: 17"})
  void otherInstancesAreReachedAtHostAndPort(String address, int standbys, String message) {
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                new KafkaConfig(
                    "", 1, "a", 1, 1, 1, Duration.ofDays(1), "a", address, standbys, Map.of()))
        .withMessageStartingWith(message);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "1a", "Shop", "a_b", "a b", "a/b"})
  void aPrefixThatKafkaOrTheMetricsWouldConfuseIsRefused(String prefix) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> with("", prefix, 1, 1))
        .withMessageStartingWith("prefix: " + prefix + " (expected: ");
  }

  @ParameterizedTest
  @CsvSource({"0, 1, partitions: 0", "1025, 1, partitions: 1025", "1, 0, shards: 0"})
  void partitionsAndShardsHaveBounds(int partitions, int shards, String message) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> with("", "one", partitions, shards))
        .withMessage(message + " (expected: from 1 to 1024)");
  }
}
