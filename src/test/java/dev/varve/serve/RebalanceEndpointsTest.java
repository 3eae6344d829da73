package dev.varve.serve;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.learn.TopCategories;
import dev.varve.schema.ApplyCommand;
import dev.varve.schema.BudgetUnit;
import dev.varve.schema.CancelCommand;
import dev.varve.schema.Change;
import dev.varve.schema.Command;
import dev.varve.schema.ExplainCommand;
import dev.varve.schema.Explanation;
import dev.varve.schema.History;
import dev.varve.schema.HistoryCommand;
import dev.varve.schema.Layout;
import dev.varve.schema.PauseCommand;
import dev.varve.schema.Phase;
import dev.varve.schema.PinCommand;
import dev.varve.schema.Plan;
import dev.varve.schema.PlanCommand;
import dev.varve.schema.Refusal;
import dev.varve.schema.Reply;
import dev.varve.schema.ResumeCommand;
import dev.varve.schema.RollbackCommand;
import dev.varve.schema.SetBudgetCommand;
import dev.varve.schema.StatusCommand;
import dev.varve.schema.StatusReply;
import dev.varve.schema.UnpinCommand;
import dev.varve.table.Popularity;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class RebalanceEndpointsTest {
  private static final Reply CHANGED =
      Reply.newBuilder().setChange(Change.newBuilder().setLayoutVersion(4).setDone("done")).build();

  private final List<Command> sent = new CopyOnWriteArrayList<>();
  private volatile CompletableFuture<Reply> reply = CompletableFuture.completedFuture(CHANGED);
  private final RunningServer server =
      RunningServer.over(
          FakeEmbeddings.users(),
          new TopCategories(new Popularity(60_000)),
          command -> {
            sent.add(command);
            return reply;
          });

  @AfterEach
  void stop() {
    server.close();
  }

  private void willAnswer(Reply.Builder with) {
    reply = CompletableFuture.completedFuture(with.build());
  }

  static Stream<Arguments> bodies() {
    return Stream.of(
        Arguments.of(
            "plan",
            "{\"budget\": 1000, \"unit\": \"PARAMETERS\", \"allocator\": \"power\"}",
            Command.newBuilder()
                .setPlan(
                    PlanCommand.newBuilder()
                        .setBudget(1_000)
                        .setUnit(BudgetUnit.PARAMETERS)
                        .setAllocator("power"))),
        Arguments.of("plan", "", Command.newBuilder().setPlan(PlanCommand.getDefaultInstance())),
        Arguments.of(
            "apply",
            "{\"plan\": \"p-7\"}",
            Command.newBuilder().setApply(ApplyCommand.newBuilder().setPlan("p-7"))),
        Arguments.of(
            "cancel", "{}", Command.newBuilder().setCancel(CancelCommand.getDefaultInstance())),
        Arguments.of(
            "rollback",
            "{\"version\": 3}",
            Command.newBuilder().setRollback(RollbackCommand.newBuilder().setVersion(3))),
        Arguments.of(
            "pause", " ", Command.newBuilder().setPause(PauseCommand.getDefaultInstance())),
        Arguments.of(
            "resume", "", Command.newBuilder().setResume(ResumeCommand.getDefaultInstance())),
        Arguments.of(
            "pin",
            "{\"table\": \"user\", \"id\": \"ü\", \"dimension\": 8}",
            Command.newBuilder()
                .setPin(PinCommand.newBuilder().setTable("user").setId("ü").setDimension(8))),
        Arguments.of(
            "unpin",
            "{\"table\": \"user\"}",
            Command.newBuilder().setUnpin(UnpinCommand.newBuilder().setTable("user"))),
        Arguments.of(
            "set-budget",
            "{\"budget\": \"67108864\", \"unit\": \"BYTES\"}",
            Command.newBuilder()
                .setSetBudget(
                    SetBudgetCommand.newBuilder().setBudget(64 << 20).setUnit(BudgetUnit.BYTES))));
  }

  @ParameterizedTest
  @MethodSource("bodies")
  void theBodyIsTheCommand(String action, String body, Command.Builder expected) throws Exception {
    var answer = server.post("/api/rebalance/" + action, body);

    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.json()).hasToString("{\"layout_version\":\"4\",\"done\":\"done\"}");
    Command command = sent.getFirst();
    assertThat(command.getId()).isNotEmpty();
    assertThat(command.getSender()).isEqualTo("http 127.0.0.1");
    assertThat(command)
        .isEqualTo(expected.setId(command.getId()).setSender(command.getSender()).build());
  }

  @Test
  void eachCommandHasAnIdOfItsOwnUnlessTheSenderChoseOne() throws Exception {
    server.post("/api/rebalance/pause", "");
    server.post("/api/rebalance/pause", "");
    server.post("/api/rebalance/pause", "", "Idempotency-Key", "mine");

    assertThat(sent).extracting(Command::getId).doesNotHaveDuplicates().endsWith("mine");
    var refused = server.post("/api/rebalance/pause", "", "Idempotency-Key", "x".repeat(129));
    assertThat(refused.status()).isEqualTo(400);
    assertThat(sent).hasSize(3);
  }

  @Test
  void statusHistoryAndExplanationAreAskedFor() throws Exception {
    willAnswer(
        Reply.newBuilder()
            .setStatus(
                StatusReply.newBuilder()
                    .setLayoutVersion(2)
                    .setPhase(Phase.APPLYING)
                    .setProgress(0.5)));
    var status = server.get("/api/rebalance").json();
    assertThat(status.path("layout_version").asLong()).isEqualTo(2);
    assertThat(status.path("phase").asText()).isEqualTo("APPLYING");
    assertThat(status.path("held").asText()).isEqualTo("0");

    willAnswer(
        Reply.newBuilder()
            .setHistory(History.newBuilder().addLayouts(Layout.newBuilder().setVersion(1))));
    var history = server.get("/api/rebalance/history").json();
    assertThat(history.path("layouts").path(0).path("version").asLong()).isEqualTo(1);

    willAnswer(Reply.newBuilder().setExplanation(Explanation.newBuilder().setKind("trace")));
    var explanation = server.get("/api/explain/user/a%2Fb%20%C3%BC").json();
    assertThat(explanation.path("kind").asText()).isEqualTo("trace");

    assertThat(sent.get(0).getStatus()).isEqualTo(StatusCommand.getDefaultInstance());
    assertThat(sent.get(0).hasStatus()).isTrue();
    assertThat(sent.get(1).hasHistory()).isTrue();
    assertThat(sent.get(1).getHistory()).isEqualTo(HistoryCommand.getDefaultInstance());
    assertThat(sent.get(2).getExplain())
        .isEqualTo(ExplainCommand.newBuilder().setTable("user").setId("a/b ü").build());
  }

  @Test
  void aPlanIsAnsweredWithTheNamesOfTheSchema() throws Exception {
    willAnswer(
        Reply.newBuilder()
            .setPlan(Plan.newBuilder().setId("p-1").setUsedBefore(10).setWriteBytes(5)));
    var plan = server.post("/api/rebalance/plan", "").json();

    assertThat(plan.path("id").asText()).isEqualTo("p-1");
    assertThat(plan.path("used_before").asLong()).isEqualTo(10);
    assertThat(plan.path("write_bytes").asLong()).isEqualTo(5);
    assertThat(plan.path("tables").isArray()).isTrue();
  }

  @ParameterizedTest
  @CsvSource({"INVALID, 400", "NOT_FOUND, 404", "NOT_NOW, 409"})
  void aRefusalIsToldWithItsReason(Refusal refusal, int status) throws Exception {
    willAnswer(Reply.newBuilder().setError("plan: p-1 (expected: another)").setRefusal(refusal));

    for (var answer :
        List.of(
            server.post("/api/rebalance/apply", "{\"plan\": \"p-1\"}"),
            server.get("/api/explain/a/b"))) {
      assertThat(answer.status()).isEqualTo(status);
      assertThat(answer.json()).hasToString("{\"error\":\"plan: p-1 (expected: another)\"}");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "no JSON",
        "[]",
        "{\"nothing\": 1}",
        "{\"budget\": \"many\"}",
        "{\"unit\": \"MILES\"}",
        "{\"budget\": 1.5}"
      })
  void aBodyThatIsNoCommandIsRefused(String body) throws Exception {
    var answer = server.post("/api/rebalance/plan", body);

    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.error())
        .startsWith("body: ")
        .endsWith("(expected: a JSON object with the fields of PlanCommand)");
    assertThat(sent).isEmpty();
  }

  @Test
  void aCommandWithoutAnAnswerSaysHowToAskAgain() throws Exception {
    reply = CompletableFuture.failedFuture(new TimeoutException());
    var answer = server.post("/api/rebalance/set-budget", "{}", "Idempotency-Key", "k");

    assertThat(answer.status()).isEqualTo(504);
    assertThat(answer.error())
        .isEqualTo(
            "set-budget: no answer yet (expected: one in time; it may be carried out yet: send it"
                + " again with Idempotency-Key: k)");
  }

  @Test
  void aFailureThatNobodyForesawSaysNothingOfItself() throws Exception {
    reply = CompletableFuture.failedFuture(new IllegalStateException("secret"));
    var answer = server.get("/api/rebalance");

    assertThat(answer.status()).isEqualTo(500);
    assertThat(answer.error())
        .isEqualTo("request: failed (expected: an answer; the server's log says why)");
  }

  @Test
  void anUnknownActionAndAWrongMethodAreRefused() throws Exception {
    assertThat(server.post("/api/rebalance/explode", "").status()).isEqualTo(404);
    assertThat(server.get("/api/rebalance/plan").status()).isEqualTo(405);
    assertThat(sent).isEmpty();
  }
}
