package dev.varve.layout;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.schema.Block;
import org.junit.jupiter.api.Test;

class LayoutsTest {
  @Test
  void theFirstLayoutGivesEveryRowTheBaseDimension() {
    var layout = Layouts.first(16);

    assertThat(layout.getVersion()).isEqualTo(1);
    assertThat(layout.getBaseDimension()).isEqualTo(16);
    assertThat(layout.getDefaultBlocksList())
        .containsExactly(Block.newBuilder().setDimension(16).setThreshold(0).build());
    assertThat(layout.getTablesMap()).isEmpty();
  }
}
