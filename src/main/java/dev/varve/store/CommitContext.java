package dev.varve.store;

import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.streams.processor.internals.InternalProcessorContext;
import org.apache.kafka.streams.processor.internals.ProcessorRecordContext;

/** What is written before a commit belongs to no record, but Kafka Streams asks which it was. */
public final class CommitContext {
  private CommitContext() {}

  /**
   * Runs an action as if a record without origin were processed now: what it forwards and writes to
   * changelogs has the current time and no headers. Call on the stream thread of the task.
   */
  public static void run(InternalProcessorContext<?, ?> task, Runnable action) {
    ProcessorRecordContext before = task.recordContext();
    task.setRecordContext(
        new ProcessorRecordContext(
            task.currentSystemTimeMs(), -1, task.taskId().partition(), null, new RecordHeaders()));
    try {
      action.run();
    } finally {
      task.setRecordContext(before);
    }
  }
}
