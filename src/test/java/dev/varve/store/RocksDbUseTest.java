package dev.varve.store;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RocksDbUseTest {
  @Test
  void shardsAddUpButTheirCommonCacheCountsOnce() {
    RocksDbUse sum =
        RocksDbUse.NONE
            .plus(new RocksDbUse(1, 10, 100, 1_000, 9_000))
            .plus(new RocksDbUse(2, 20, 200, 1_001, 9_000));

    assertThat(sum).isEqualTo(new RocksDbUse(3, 30, 300, 1_001, 9_000));
  }
}
