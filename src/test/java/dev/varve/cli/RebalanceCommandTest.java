package dev.varve.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.schema.Change;
import dev.varve.schema.Phase;
import dev.varve.schema.StatusReply;
import dev.varve.schema.Tail;
import dev.varve.schema.TailEncoding;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RebalanceCommandTest {
  private static final Change DONE = RebalanceAnswers.change(4, "applied plan p-9");

  private static CommandRun run(FakeServer server, String... args) {
    List<String> all = new ArrayList<>(List.of("rebalance"));
    all.addAll(List.of(args));
    Collections.addAll(all, "--server", server.url());
    return CommandRun.of(all.toArray(String[]::new));
  }

  /** A server that carries out everything, and then has these states one after the other. */
  private static FakeServer applying(StatusReply... states) throws IOException {
    Deque<StatusReply> next = new ArrayDeque<>(List.of(states));
    return new FakeServer(
        request ->
            new FakeServer.Answer(
                200,
                RebalanceAnswers.json(
                    request.method().equals("POST")
                        ? DONE
                        : next.size() > 1 ? next.removeFirst() : next.getFirst())));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "cancel | /cancel | {}",
        "pause | /pause | {}",
        "resume | /resume | {}",
        "apply,--no-wait,p-9 | /apply | {\"plan\":\"p-9\"}",
        "rollback,--no-wait | /rollback | {\"version\":0}",
        "rollback,--no-wait,3 | /rollback | {\"version\":3}",
        "pin,item,42,-d,8 | /pin | {\"table\":\"item\",\"id\":\"42\",\"dimension\":8}",
        "pin,item,--dimension,0 | /pin | {\"table\":\"item\",\"dimension\":0}",
        "unpin,item,42 | /unpin | {\"table\":\"item\",\"id\":\"42\"}",
        "unpin,item | /unpin | {\"table\":\"item\"}",
        "set-budget,64MiB | /set-budget | {\"budget\":67108864,\"unit\":\"BYTES\"}",
        "set-budget,2000 parameters | /set-budget | {\"budget\":2000,\"unit\":\"PARAMETERS\"}",
        "set-budget,none | /set-budget | {\"budget\":0,\"unit\":\"NO_BUDGET\"}",
      })
  void aCommandIsPostedAndItsAnswerPrinted(String args, String path, String body)
      throws IOException {
    try (var server = new FakeServer(200, RebalanceAnswers.json(DONE))) {
      assertThat(run(server, args.split(",")))
          .isEqualTo(new CommandRun(0, "applied plan p-9 (layout 4)\n", ""));
      assertThat(server.request())
          .isEqualTo(new FakeServer.Request("POST", "/api/rebalance" + path, body));
    }
  }

  @Test
  void thePlanSaysWhatItWouldDo() throws IOException {
    try (var server = new FakeServer(200, RebalanceAnswers.json(RebalanceAnswers.plan()))) {
      assertThat(run(server, "plan", "--budget", "2000000 parameters", "--allocator", "greedy"))
          .isEqualTo(
              new CommandRun(
                  0,
                  """
                  plan p-9 from layout 3, greedy, budget 2,000,000 parameters
                  uses: 32,000,000 parameters before, 1,990,000 parameters after
                  moves: 123,456 rows, writes 5.00 MiB, takes about 2.5 s
                  captured energy: 1.0000 (1.0000 to 1.0000) before, 0.9000 (0.8800 to 0.9200) after, gain -0.1000 (-0.1200 to -0.0800)

                  table   d  from   then     rows    then        use    then  traffic    then
                  item    0     -      -        0  90,000          0       0    0.0 %   5.0 %
                          2     -   1.50        0   9,000          0  27,000    0.0 %  25.0 %
                         16     0  1,234  100,000   1,000  1,700,000  17,000  100.0 %  70.0 %

                  until 2022-04-15T05:30:00Z: varve rebalance apply p-9
                  """,
                  ""));
      assertThat(server.request())
          .isEqualTo(
              new FakeServer.Request(
                  "POST",
                  "/api/rebalance/plan",
                  "{\"budget\":2000000,\"unit\":\"PARAMETERS\",\"allocator\":\"greedy\"}"));
    }
  }

  @Test
  void aPlanWithoutOptionsAsksForWhatIsInForce() throws IOException {
    try (var server = new FakeServer(200, RebalanceAnswers.json(RebalanceAnswers.plan()))) {
      assertThat(run(server, "plan", "--json").out())
          .isEqualTo(
              Json.pretty(Json.MAPPER.readTree(RebalanceAnswers.json(RebalanceAnswers.plan())))
                  + "\n");
      assertThat(server.request().body()).isEqualTo("{}");
    }
  }

  @Test
  void planAndStatusShowTheTail() throws IOException {
    var tail = Tail.newBuilder().setEncoding(TailEncoding.QR).setDimension(4).setRows(2_000);
    var status = RebalanceAnswers.status(4, Phase.SETTLED, 1).toBuilder();
    status.getLayoutBuilder().setTail(tail);
    status.setTailRows(1_234).setTailUsed(6 << 20);
    try (var server = new FakeServer(200, RebalanceAnswers.json(status.build()))) {
      assertThat(run(server, "status").out())
          .contains(
              "\ntail: qr, 2,000 shared rows of 4 dimensions for each table and shard; 1,234"
                  + " learned, all use 6.00 MiB\n");
    }
    var plan = RebalanceAnswers.plan().toBuilder().setTailAfter(20_000).build();
    try (var server = new FakeServer(200, RebalanceAnswers.json(plan))) {
      assertThat(run(server, "plan").out())
          .contains("\ntail: 0 parameters of that before, 20,000 parameters after\n");
    }
  }

  @Test
  void theStatusShowsBudgetMovesBlocksAndPins() throws IOException {
    var status = RebalanceAnswers.status(4, Phase.APPLYING, 0.25);
    try (var server = new FakeServer(200, RebalanceAnswers.json(status))) {
      assertThat(run(server, "status"))
          .isEqualTo(
              new CommandRun(
                  0,
                  """
                  layout 4: applying, automatic rebalancing paused
                  budget: 64.00 MiB, used 63.00 MiB, 98.4 %
                  moves: 1,234 since the layout came, 5 held back, 25.0 % of the rows done, 1:15 min left
                  shards: 3 of 4, 1,000,000 examples
                  plan p-9 waits: varve rebalance apply p-9

                  table      d    from   rows  admitted  expired
                  item                  1,500     2,000      500
                         trace       -    500
                             2  0.5000  1,400
                            16     120    100
                  user                      7         7        0
                            16       0      7

                  pinned  id   d
                  item    42  16
                  """,
                  ""));
      assertThat(server.request()).isEqualTo(new FakeServer.Request("GET", "/api/rebalance", ""));
    }
  }

  @Test
  void theHistoryListsLayoutsAndCommands() throws IOException {
    try (var server = new FakeServer(200, RebalanceAnswers.json(RebalanceAnswers.history()))) {
      assertThat(run(server, "history"))
          .isEqualTo(
              new CommandRun(
                  0,
                  """
                  layout  made                  budget     tables  pins  why
                       2  2022-04-15T05:20:01Z  64.00 MiB       1     0  apply p-1
                       1  -                     none            0     0  first

                  received              command               sender          layout  outcome
                  2022-04-15T05:20:00Z  pause                 http 127.0.0.1       2  done
                  2022-04-15T05:20:00Z  rollback 7            http 127.0.0.1       2  refused: version: 7 (expected: 1 to 2)
                  2022-04-15T05:20:00Z  rollback              http 127.0.0.1       2  done
                  2022-04-15T05:20:00Z  pin item 42 0         http 127.0.0.1       2  done
                  2022-04-15T05:20:00Z  set-budget 64.00 MiB  http 127.0.0.1       1  done
                  2022-04-15T05:20:00Z  apply p-1             http 127.0.0.1       2  done
                  """,
                  ""));
      assertThat(server.request())
          .isEqualTo(new FakeServer.Request("GET", "/api/rebalance/history", ""));
    }
  }

  @Test
  void applyWaitsUntilEveryRowFollows() throws IOException {
    try (var server =
        applying(
            RebalanceAnswers.status(3, Phase.SETTLED, 1), // not there yet
            RebalanceAnswers.status(4, Phase.APPLYING, 0.5),
            RebalanceAnswers.status(5, Phase.APPLYING, 0.5), // one that corrects it
            RebalanceAnswers.status(5, Phase.SETTLED, 1))) {
      var run = run(server, "apply", "p-9");

      assertThat(run.exitCode()).isZero();
      assertThat(run.out())
          .matches(
              "applied plan p-9 \\(layout 4\\)\\R"
                  + "layout 5: every row follows it, 1,234 moved in \\d+\\.\\d s\\R");
      assertThat(run.err()).isEmpty();
      assertThat(server.requests()).hasSize(5);
    }
  }

  @Test
  void whatJsonPrintsIsTheAnswerAlone() throws IOException {
    try (var server = applying(RebalanceAnswers.status(4, Phase.SETTLED, 1))) {
      assertThat(Json.MAPPER.readTree(run(server, "apply", "p-9", "--json").out()))
          .isEqualTo(Json.MAPPER.readTree(RebalanceAnswers.json(DONE)));
      assertThat(server.requests()).hasSize(2);
    }
  }

  @ParameterizedTest
  @CsvSource({"CANCELLED, apply", "ROLLED_BACK, apply", "CANCELLED, rollback"})
  void whatIsUndoneMeanwhileFails(Phase phase, String command) throws IOException {
    try (var server = applying(RebalanceAnswers.status(5, phase, 1))) {
      var run = run(server, command, "9");

      assertThat(run.exitCode()).isEqualTo(1);
      assertThat(run.err())
          .isEqualTo("layout 4: %s (expected: SETTLED; somebody has undone it)\n".formatted(phase));
    }
  }

  @Test
  void aRollbackEndsRolledBack() throws IOException {
    try (var server =
        applying(
            RebalanceAnswers.status(4, Phase.APPLYING, 0.5),
            RebalanceAnswers.status(4, Phase.ROLLED_BACK, 1))) {
      assertThat(run(server, "rollback").exitCode()).isZero();
    }
  }

  @ParameterizedTest
  @CsvSource({"400, 2", "404, 2", "409, 2", "500, 1", "503, 1", "504, 1"})
  void whatCannotBeEndsWithTwoAndWhatFailsWithOne(int status, int exitCode) throws IOException {
    try (var server = new FakeServer(status, "{\"error\": \"plan: p-9 (expected: p-10)\"}")) {
      for (String[] args : new String[][] {{"apply", "p-9"}, {"status"}, {"history"}}) {
        var run = run(server, args);

        assertThat(run.exitCode()).isEqualTo(exitCode);
        assertThat(run.out()).isEmpty();
        assertThat(run.err()).startsWith("plan: p-9 (expected: p-10)");
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "set-budget,lots",
        "set-budget,5 floats",
        "pin,item,42",
        "apply",
        "plan,--budget,x"
      })
  void whatCannotBeUnderstoodIsNotSent(String args) throws IOException {
    try (var server = new FakeServer(200, "{}")) {
      var run = run(server, args.split(","));

      assertThat(run.exitCode()).isEqualTo(2);
      assertThat(run.err())
          .contains("See: varve rebalance " + args.replaceAll(",.*", "") + " --help");
      assertThat(server.requests()).isEmpty();
    }
  }

  @Test
  void noSubcommandNamesThem() {
    var run = CommandRun.of("rebalance");

    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.err()).contains("plan", "apply", "set-budget", "history");
  }
}
