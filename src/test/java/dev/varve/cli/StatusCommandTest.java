package dev.varve.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.Test;

class StatusCommandTest {
  private static final String ANSWER =
      """
      {"version": "0.1.0", "state": "running", "layoutVersion": 2, "examples": 1234567,
       "rejected": 3, "watermarkMs": 1650000000000, "uptimeSeconds": 90061, "dimension": 16,
       "tables": {
         "item": {"rows": 1000, "occurrences": 2500, "bytes": 1048576, "parameters": 9000,
                  "rowsByDimension": {"4": 500, "16": 500}},
         "user": {"rows": 5, "occurrences": 7, "bytes": 100, "parameters": 85,
                  "rowsByDimension": {"16": 5}}},
       "memory": {"capacity": 1048576, "used": 86016, "index": 4096, "blocks": [
         {"dimension": 4, "rows": 500, "bytes": 32768, "rowBytes": 64},
         {"dimension": 16, "rows": 300, "bytes": 49152, "rowBytes": 160}],
         "rocksDb": {"fileBytes": 2048, "memtableBytes": 1048576, "tableReaderBytes": 100,
                     "blockCacheBytes": 4096, "blockCacheCapacity": 67108864}},
       "quality": {"examples": 50000, "logLoss": 0.61234567,
                   "normalizedEntropy": 0.91, "auc": 0.7, "calibration": null},
       "joins": {"impressions": 90000, "clicks": 2500, "delayP50Seconds": 2.25,
                 "delayP99Seconds": 650.5, "lateClicks": 100, "orphans": 3, "waitingBytes": 4096,
                 "hint": "join.window: 10m (expected: longer)"},
       "kafka": {"bootstrap": "127.0.0.1:9092", "prefix": "varve"}}
      """;

  @Test
  void thePageShowsGradientsThatWereRefused() throws IOException {
    String answer =
        ANSWER.replace("\"rejected\": 3,", "\"rejected\": 3, \"refusedGradients\": 4567,");
    try (var server = new FakeServer(200, answer)) {
      assertThat(CommandRun.of("status", "--server", server.url()).out())
          .contains("rejected 3, 4,567 gradients refused, newest event");
    }
  }

  @Test
  void alarmsStandFirst() throws IOException {
    String answer =
        ANSWER.replace(
            "\"quality\":",
            "\"alarms\": [{\"kind\": \"rejected\", \"text\": \"rejected: 30 %\"}], \"quality\":");
    try (var server = new FakeServer(200, answer)) {
      assertThat(CommandRun.of("status", "--server", server.url()).out())
          .startsWith("ALARM rejected: 30 %\nvarve 0.1.0: running");
    }
  }

  @Test
  void thePageShowsStateQualityTablesTotalsAndMemory() throws IOException {
    try (var server = new FakeServer(200, ANSWER)) {
      assertThat(CommandRun.of("status", "--server", server.url()))
          .isEqualTo(
              new CommandRun(
                  0,
                  """
                  varve 0.1.0: running, up 1d 1h
                  learned: 1,234,567 examples, rejected 3, newest event 2022-04-15T05:20:00Z, layout 2
                  quality: log-loss 0.6123, normalized entropy 0.9100, AUC 0.7000, calibration undefined over the last 50,000 examples
                  joins: 90,000 impressions, 2,500 clicks (half within 2.3 s, 99 % within 650.5 s; 100 late, 3 orphans), 4.00 KiB of them waiting
                    hint: join.window: 10m (expected: longer)
                  kafka: 127.0.0.1:9092, topics varve*

                  table   rows  occurrences  parameters      size
                  item   1,000        2,500       9,000  1.00 MiB
                  user       5            7          85     100 B
                  total  1,005        2,507       9,085  1.00 MiB

                  block             rows  in memory  bytes each     memory
                  d = 4              500        500          64  32.00 KiB
                  d = 16             505        300         160  48.00 KiB
                  index                                           4.00 KiB
                  all of 1.00 MiB  1,005        800       107.5  84.00 KiB

                  RocksDB: 2.00 KiB in files
                  in memory: 1.00 MiB not yet in files, block cache 4.00 KiB of 64.00 MiB, open files 100 B
                  parameters: 9,085, 53.2 % of the 17,085 that rows of dimension 16 would have
                  """,
                  ""));
      assertThat(server.request()).isEqualTo(new FakeServer.Request("GET", "/api/status", ""));
    }
  }

  @Test
  void qualityIsShownByTableBlockAndPopularity() throws IOException {
    String answer =
        """
        {"qualityByTable": {"item": {
           "blocks": {"0": {"examples": 100, "logLoss": 0.5, "normalizedEntropy": 1.1, "auc": null,
                            "calibration": 0.9},
                      "16": {"examples": 2000, "logLoss": 0.25, "normalizedEntropy": 0.9,
                             "auc": 0.75, "calibration": 1}},
           "deciles": {"10": {"examples": 2100, "logLoss": 0.26}}}}}
        """;
    try (var server = new FakeServer(200, answer)) {
      assertThat(CommandRun.of("status", "--quality", "--server", server.url()).out())
          .isEqualTo(
              """
              table         of  examples  log-loss  normalized entropy        AUC  calibration
              item       d = 0       100    0.5000              1.1000  undefined       0.9000
              item      d = 16     2,000    0.2500              0.9000     0.7500       1.0000
              item   decile 10     2,100    0.2600           undefined  undefined    undefined
              """);
    }
    try (var server = new FakeServer(200, "{}")) {
      assertThat(CommandRun.of("status", "--quality", "--server", server.url()).out())
          .isEqualTo("quality by table: no example yet\n");
    }
  }

  @Test
  void theJsonIsTheServersWhole() throws IOException {
    try (var server = new FakeServer(200, ANSWER)) {
      String out = CommandRun.of("status", "--json", "--server", server.url()).out();

      assertThat(Json.MAPPER.readTree(out)).isEqualTo(Json.MAPPER.readTree(ANSWER));
      assertThat(out).hasLineCount(out.split("\n", -1).length - 1).contains("\n  \"version\"");
    }
  }

  @Test
  void aServerThatHasLearnedNothingSaysSo() throws IOException {
    String answer = "{\"state\": \"starting\", \"quality\": null, \"tables\": {}}";
    try (var server = new FakeServer(200, answer)) {
      assertThat(CommandRun.of("status", "--server", server.url()).out())
          .contains("starting", "newest event none", "no example yet", "no table yet");
    }
  }
}
