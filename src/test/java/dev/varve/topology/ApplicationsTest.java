package dev.varve.topology;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.varve.cluster.PeerAccess;
import dev.varve.event.FeaturesConfig;
import dev.varve.event.LimitsConfig;
import dev.varve.join.JoinConfig;
import dev.varve.layout.RebalanceConfig;
import dev.varve.learn.ModelConfig;
import dev.varve.learn.OptimizerConfig;
import dev.varve.learn.TrainConfig;
import dev.varve.store.Embeddings;
import dev.varve.store.ShardUnavailableException;
import dev.varve.store.StoreConfig;
import dev.varve.store.Vectors;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The applications where they are not running: readers are told so, and nothing else. */
class ApplicationsTest {
  @TempDir private Path folder;

  private Applications applications() {
    return new Applications(
        new Applications.Config(
            FeaturesConfig.defaults(),
            LimitsConfig.defaults(),
            JoinConfig.defaults(),
            ModelConfig.defaults(),
            OptimizerConfig.defaults(),
            TrainConfig.defaults(),
            StoreConfig.defaults(),
            RebalanceConfig.defaults(),
            Parts.TOPICS.config()),
        "localhost:1",
        PeerAccess.none(),
        folder);
  }

  @Test
  void shardsAreUnavailableBeforeTheStart() {
    try (Applications applications = applications()) {
      assertUnavailable(applications.embeddings());
      assertThat(applications.state()).isEqualTo("starting");
      assertThat(applications.layoutVersion()).isZero();
      assertThat(applications.quality().snapshot().examples()).isZero();
    }
  }

  @Test
  void shardsAreUnavailableAfterTheStop() {
    Applications applications = applications();
    applications.close();

    assertUnavailable(applications.embeddings());
  }

  private static void assertUnavailable(Embeddings embeddings) {
    assertThat(embeddings.ready()).isFalse();
    assertThat(embeddings.dimension()).isEqualTo(16);
    assertThatExceptionOfType(ShardUnavailableException.class).isThrownBy(embeddings::tables);
    assertThatExceptionOfType(ShardUnavailableException.class).isThrownBy(embeddings::examples);
    assertThatExceptionOfType(ShardUnavailableException.class)
        .isThrownBy(() -> embeddings.lookup("user", new long[] {1}, 0, new Vectors(1, 16)))
        .withMessageContaining("(expected: running; try again)");
  }
}
