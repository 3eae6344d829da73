package dev.varve.broker;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class TopicsTest {
  private static final Topics TOPICS =
      new Topics(
          new KafkaConfig(
              "", 9092, "shop", 6, 3, 1, Duration.ofHours(2), "shop-1", "", 0, Map.of()));

  @Test
  void everyTopicBeginsWithThePrefixAndHasItsPartitions() {
    Map<String, Integer> partitions =
        TOPICS.all().stream()
            .collect(Collectors.toMap(Topics.Topic::name, Topics.Topic::partitions));

    assertThat(partitions)
        .containsExactlyInAnyOrderEntriesOf(
            Map.ofEntries(
                Map.entry(TOPICS.impressions(), 6),
                Map.entry(TOPICS.clicks(), 6),
                Map.entry(TOPICS.joins(), 1),
                Map.entry(TOPICS.examples(), 6),
                Map.entry(TOPICS.updates(), 3),
                Map.entry(TOPICS.denseDeltas(), 1),
                Map.entry(TOPICS.denseModel(), 1),
                Map.entry(TOPICS.census(), 1),
                Map.entry(TOPICS.layout(), 1),
                Map.entry(TOPICS.commands(), 1),
                Map.entry(TOPICS.replies(), 1),
                Map.entry(TOPICS.quality(), 1),
                Map.entry(TOPICS.deadLetters(), 1)));
    assertThat(partitions.keySet()).allMatch(name -> name.startsWith("shop."));
    assertThat(TOPICS.examples()).isEqualTo("shop.examples");
    assertThat(TOPICS.learnApplication()).isEqualTo("shop-learn");
    assertThat(TOPICS.storeApplication()).isEqualTo("shop-store");
  }

  @Test
  void onlyWhatHasVersionsIsCompactedAndTheRestIsKeptForTheRetention() {
    for (Topics.Topic topic : TOPICS.all()) {
      boolean versions =
          topic.name().equals(TOPICS.layout()) || topic.name().equals(TOPICS.denseModel());
      assertThat(topic.compacted()).as(topic.name()).isEqualTo(versions);
      assertThat(topic.settings()).containsEntry("cleanup.policy", versions ? "compact" : "delete");
      if (!versions) {
        assertThat(topic.settings()).containsEntry("retention.ms", "7200000");
      }
    }
  }

  @Test
  void anEventTooLargeForLearningStillFitsIntoItsTopic() {
    assertThat(settings(TOPICS.examples()))
        .containsEntry("max.message.bytes", Integer.toString(16 << 20));
  }

  @Test
  void noExampleAndNoUpdateIsDroppedForItsSize() {
    assertThat(settings(TOPICS.examples())).doesNotContainKey("retention.bytes");
    assertThat(settings(TOPICS.updates())).doesNotContainKey("retention.bytes");
    assertThat(settings(TOPICS.denseDeltas())).doesNotContainKey("retention.bytes");
    assertThat(settings(TOPICS.commands())).doesNotContainKey("retention.bytes");
  }

  private static Map<String, String> settings(String name) {
    return TOPICS.all().stream()
        .filter(topic -> topic.name().equals(name))
        .findFirst()
        .orElseThrow()
        .settings();
  }
}
