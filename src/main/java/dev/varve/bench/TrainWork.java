package dev.varve.bench;

import dev.varve.event.KeyedExample;
import dev.varve.learn.Trainer;

/** A trainer that learns one micro-batch after the other of examples that were drawn beforehand. */
final class TrainWork implements Work {
  private final Trainer trainer;
  private final TrainedRows rows;
  private final KeyedExample[] examples;
  private final int batch;
  private int at;

  TrainWork(Trainer trainer, TrainedRows rows, KeyedExample[] examples, int batch) {
    this.trainer = trainer;
    this.rows = rows;
    this.examples = examples;
    this.batch = batch;
  }

  @Override
  public int run() {
    for (int i = 0; i < batch; i++) {
      trainer.add(examples[at], "");
      at = at + 1 == examples.length ? 0 : at + 1;
    }
    trainer.learn(rows);
    return batch;
  }

  @Override
  public void betweenRounds() {
    rows.writeBack();
  }
}
