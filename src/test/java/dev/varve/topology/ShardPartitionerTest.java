package dev.varve.topology;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import org.junit.jupiter.api.Test;

class ShardPartitionerTest {
  @Test
  void theKeyNamesTheShardAndTheShardIsThePartition() {
    var partitioner = new ShardPartitioner();
    for (int shard : new int[] {0, 1, 127, 128, 1023}) {
      assertThat(partitioner.partitions("updates", ShardPartitioner.key(shard), new byte[0], 1024))
          .contains(Set.of(shard));
    }
  }
}
