package dev.varve.cli;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.util.JsonFormat;
import dev.varve.schema.ApplyCommand;
import dev.varve.schema.AuditEntry;
import dev.varve.schema.Block;
import dev.varve.schema.BlockCensus;
import dev.varve.schema.BlockPlan;
import dev.varve.schema.Blocks;
import dev.varve.schema.BudgetUnit;
import dev.varve.schema.Change;
import dev.varve.schema.Command;
import dev.varve.schema.Estimate;
import dev.varve.schema.Explanation;
import dev.varve.schema.History;
import dev.varve.schema.Layout;
import dev.varve.schema.Move;
import dev.varve.schema.PauseCommand;
import dev.varve.schema.Phase;
import dev.varve.schema.Pin;
import dev.varve.schema.PinCommand;
import dev.varve.schema.Plan;
import dev.varve.schema.RollbackCommand;
import dev.varve.schema.SetBudgetCommand;
import dev.varve.schema.StatusReply;
import dev.varve.schema.TableCensus;
import dev.varve.schema.TablePlan;

/** What a server answers about rebalancing. */
final class RebalanceAnswers {
  static final long TIME_MS = 1_650_000_000_000L;

  private RebalanceAnswers() {}

  static String json(Message message) {
    try {
      return JsonFormat.printer()
          .preservingProtoFieldNames()
          .alwaysPrintFieldsWithNoPresence()
          .print(message);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException(e);
    }
  }

  static Change change(long version, String done) {
    return Change.newBuilder().setLayoutVersion(version).setDone(done).build();
  }

  static StatusReply status(long version, Phase phase, double progress) {
    return StatusReply.newBuilder()
        .setLayoutVersion(version)
        .setPhase(phase)
        .setProgress(progress)
        .setRemainingMs(phase == Phase.APPLYING ? 75_000 : 0)
        .setMoves(1_234)
        .setHeld(5)
        .setPaused(true)
        .setBudget(64 << 20)
        .setUnit(BudgetUnit.BYTES)
        .setUsed(63 << 20)
        .setShards(3)
        .setAllShards(4)
        .setExamples(1_000_000)
        .setPlan("p-9")
        .setLayout(
            Layout.newBuilder()
                .setVersion(version)
                .addDefaultBlocks(block(16, 0))
                .putTables(
                    "item",
                    Blocks.newBuilder().addBlocks(block(2, 0.5)).addBlocks(block(16, 120)).build())
                .addPins(Pin.newBuilder().setTable("item").setId("42").setDimension(16)))
        .addTables(
            TableCensus.newBuilder()
                .setTable("item")
                .setRows(1_500)
                .setAdmitted(2_000)
                .setExpired(500)
                .addBlocks(BlockCensus.newBuilder().setDimension(0).setRows(500))
                .addBlocks(BlockCensus.newBuilder().setDimension(2).setRows(1_400))
                .addBlocks(BlockCensus.newBuilder().setDimension(16).setRows(100)))
        .addTables(
            TableCensus.newBuilder()
                .setTable("user")
                .setRows(7)
                .setAdmitted(7)
                .addBlocks(BlockCensus.newBuilder().setDimension(16).setRows(7)))
        .build();
  }

  private static Block block(int dimension, double threshold) {
    return Block.newBuilder().setDimension(dimension).setThreshold(threshold).build();
  }

  static Plan plan() {
    return Plan.newBuilder()
        .setId("p-9")
        .setBaseVersion(3)
        .setMadeMs(TIME_MS)
        .setExpiresMs(TIME_MS + 600_000)
        .setAllocator("greedy")
        .setLayout(Layout.newBuilder().setBudget(2_000_000).setUnit(BudgetUnit.PARAMETERS))
        .setUsedBefore(32_000_000)
        .setUsedAfter(1_990_000)
        .setMoves(123_456)
        .setWriteBytes(5 << 20)
        .setDurationMs(2_500)
        .setCapturedBefore(estimate(1, 1, 1))
        .setCapturedAfter(estimate(0.9, 0.88, 0.92))
        .setGain(estimate(-0.1, -0.12, -0.08))
        .addTables(
            TablePlan.newBuilder()
                .setTable("item")
                .addBlocks(BlockPlan.newBuilder().setRowsAfter(90_000).setTrafficAfter(0.05))
                .addBlocks(
                    BlockPlan.newBuilder()
                        .setDimension(2)
                        .setThresholdAfter(1.5)
                        .setRowsAfter(9_000)
                        .setUsedAfter(27_000)
                        .setTrafficAfter(0.25))
                .addBlocks(
                    BlockPlan.newBuilder()
                        .setDimension(16)
                        .setThresholdBefore(0)
                        .setThresholdAfter(1_234)
                        .setRowsBefore(100_000)
                        .setRowsAfter(1_000)
                        .setUsedBefore(1_700_000)
                        .setUsedAfter(17_000)
                        .setTrafficBefore(1)
                        .setTrafficAfter(0.7)))
        .build();
  }

  private static Estimate estimate(double value, double low, double high) {
    return Estimate.newBuilder().setValue(value).setLow(low).setHigh(high).build();
  }

  static History history() {
    return History.newBuilder()
        .addLayouts(
            Layout.newBuilder()
                .setVersion(2)
                .setMadeMs(TIME_MS + 1_000)
                .setBudget(64 << 20)
                .setUnit(BudgetUnit.BYTES)
                .putTables("item", Blocks.getDefaultInstance())
                .setReason("apply p-1"))
        .addLayouts(Layout.newBuilder().setVersion(1).setReason("first"))
        .addCommands(entry(Command.newBuilder().setPause(PauseCommand.getDefaultInstance()), "", 2))
        .addCommands(
            entry(
                Command.newBuilder().setRollback(RollbackCommand.newBuilder().setVersion(7)),
                "version: 7 (expected: 1 to 2)",
                2))
        .addCommands(
            entry(Command.newBuilder().setRollback(RollbackCommand.getDefaultInstance()), "", 2))
        .addCommands(
            entry(
                Command.newBuilder()
                    .setPin(PinCommand.newBuilder().setTable("item").setId("42").setDimension(0)),
                "",
                2))
        .addCommands(
            entry(
                Command.newBuilder()
                    .setSetBudget(
                        SetBudgetCommand.newBuilder()
                            .setBudget(64 << 20)
                            .setUnit(BudgetUnit.BYTES)),
                "",
                1))
        .addCommands(
            entry(Command.newBuilder().setApply(ApplyCommand.newBuilder().setPlan("p-1")), "", 2))
        .build();
  }

  private static AuditEntry entry(Command.Builder command, String error, long version) {
    return AuditEntry.newBuilder()
        .setCommand(command.setId("id").setSender("http 127.0.0.1"))
        .setReceivedMs(TIME_MS)
        .setError(error)
        .setLayoutVersion(version)
        .build();
  }

  static Explanation explanation() {
    return Explanation.newBuilder()
        .setTable("item")
        .setId("42")
        .setShard(3)
        .setDimension(2)
        .setKind("row")
        .setPopularity(12.345)
        .setLastSeenMs(TIME_MS)
        .setWatermarkMs(TIME_MS + 5_000)
        .setLayoutVersion(2)
        .setBlocks(Blocks.newBuilder().addBlocks(block(2, 0.5)).addBlocks(block(16, 120)))
        .setNext("dimension 16 at popularity 120")
        .addMoves(
            Move.newBuilder()
                .setFrom(0)
                .setTo(2)
                .setEventTimeMs(TIME_MS - 1_000)
                .setLayoutVersion(2)
                .setPopularity(0.51)
                .setReason("admitted"))
        .build();
  }
}
