package dev.varve.topology;

import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.streams.processor.StreamPartitioner;

/** The record's key is the number of the shard, and the shard is the partition. */
final class ShardPartitioner implements StreamPartitioner<byte[], byte[]> {
  static byte[] key(int shard) {
    return ByteBuffer.allocate(Integer.BYTES).putInt(shard).array();
  }

  @Override
  public Optional<Set<Integer>> partitions(
      String topic, byte[] key, byte[] value, int numPartitions) {
    return Optional.of(Set.of(ByteBuffer.wrap(key).getInt()));
  }
}
