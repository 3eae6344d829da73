package dev.varve.store;

import java.util.List;

/**
 * Which instances have a shard.
 *
 * @param owner {@code host:port}; empty while nobody owns it
 * @param copies those that keep a copy
 */
public record ShardPlace(int shard, String owner, List<String> copies) {
  public ShardPlace {
    copies = List.copyOf(copies);
  }
}
