package dev.varve.topology;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.layout.Layouts;
import dev.varve.schema.Layout;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class LayoutViewTest {
  private final LayoutView view = new LayoutView();

  private static Layout version(long version) {
    return Layouts.first(4).toBuilder().setVersion(version).build();
  }

  @Test
  void thereIsNoVersionBeforeTheFirst() throws Exception {
    assertThat(view.version()).isZero();
    assertThat(view.await(Duration.ZERO)).isFalse();
  }

  @Test
  void theNewestVersionStaysWhateverComesAfterIt() throws Exception {
    view.accept(version(2));
    view.accept(version(1));
    assertThat(view.version()).isEqualTo(2);
    assertThat(view.await(Duration.ZERO)).isTrue();

    view.accept(version(3));
    assertThat(view.version()).isEqualTo(3);
  }

  @Test
  void whoWaitsGoesOnWithTheFirstLayout() throws Exception {
    var publisher = new Thread(() -> view.accept(version(1)));
    publisher.start();

    assertThat(view.await(Duration.ofMinutes(1))).isTrue();
    publisher.join();
    assertThat(view.version()).isEqualTo(1);
  }
}
