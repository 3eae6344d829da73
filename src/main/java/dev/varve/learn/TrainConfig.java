package dev.varve.learn;

import dev.varve.base.Check;
import dev.varve.base.Doc;
import java.time.Duration;

/** How trainers run; the components are the keys of the section {@code train}. */
public record TrainConfig(
    @Doc("Most examples that are learned in one step, from 1 to 65536.") int batchSize,
    @Doc("Threads that learn, from 1 to 64.") int threads,
    @Doc("Time between commits of the trainers, from 10ms to 5s.") Duration commitInterval,
    @Doc(
            "How long a trainer waits for a shard that is starting or moving before it starts"
                + " over, from 1s to 8s.")
        Duration shardWait) {
  public TrainConfig {
    Check.that(batchSize >= 1 && batchSize <= 65_536, "batchSize", batchSize, "from 1 to 65536");
    Check.that(threads >= 1 && threads <= 64, "threads", threads, "from 1 to 64");
    Check.that(
        commitInterval.compareTo(Duration.ofMillis(10)) >= 0
            && commitInterval.compareTo(Duration.ofSeconds(5)) <= 0,
        "commitInterval",
        commitInterval,
        "from 10ms to 5s");
    Check.that(
        shardWait.compareTo(Duration.ofSeconds(1)) >= 0
            && shardWait.compareTo(Duration.ofSeconds(8)) <= 0,
        "shardWait",
        shardWait,
        "from 1s to 8s");
  }

  public static TrainConfig defaults() {
    return new TrainConfig(32, 1, Duration.ofMillis(100), Duration.ofSeconds(5));
  }
}
