package dev.varve.learn;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import dev.varve.schema.TableUpdate;
import dev.varve.schema.UpdateBatch;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The update batches of a micro-batch.
 *
 * <p><b>Threads:</b> one.
 */
final class UpdateMessages {
  /** Half of what a Kafka producer takes by default. */
  private static final int MOST_BYTES = 512 << 10;

  /** A row's key, count and time in an update batch, at most. */
  private static final int KEY_BYTES = 24;

  private final int trainer;
  private final long endOffset;
  private final long layoutVersion;
  private final MicroBatch batch;

  private final Slots rows;
  private final float rate;

  /** From a slot's gradient to the next, floats. */
  private final int stride;

  private final int mostRows;

  /**
   * What is known of rows, by slot of the micro-batch.
   *
   * @param dimensions of the rows' gradients; 0 for none
   * @param found the dimensions that rows were read with
   * @param gradients each in a part for the widest
   * @param dimension width D of a vector
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Slots(int[] dimensions, int[] found, float[] gradients, int dimension) {}

  /**
   * @param trainer partition of the examples
   * @param endOffset behind the last example of the micro-batch
   * @param layoutVersion of the newest layout that was known
   * @param rate what the optimizer's rates are multiplied with
   */
  UpdateMessages(
      int trainer, long endOffset, long layoutVersion, MicroBatch batch, Slots rows, float rate) {
    this.trainer = trainer;
    this.endOffset = endOffset;
    this.layoutVersion = layoutVersion;
    this.batch = batch;
    this.rows = rows;
    this.rate = rate;
    this.stride = Gradient.length(rows.dimension);
    this.mostRows = Math.max(1, MOST_BYTES / (stride * Float.BYTES + KEY_BYTES));
  }

  /**
   * The update batches of a shard: several when one would grow too large for Kafka.
   *
   * @param slots of the shard's rows, sorted by feature
   * @param examples that these are counted with
   */
  List<UpdateBatch> of(int[] slots, int examples) {
    List<UpdateBatch> parts = new ArrayList<>();
    int from = 0;
    do {
      int[] part = Arrays.copyOfRange(slots, from, Math.min(from + mostRows, slots.length));
      parts.add(part(part, from == 0 ? examples : 0));
      from += mostRows;
    } while (from < slots.length);
    return parts;
  }

  private UpdateBatch part(int[] slots, int examples) {
    var update =
        UpdateBatch.newBuilder()
            .setTrainer(trainer)
            .setEndOffset(endOffset)
            .setLayoutVersion(layoutVersion)
            .setExamples(examples)
            .setEventTimeMs(batch.latestMs());
    if (rate != 1) {
      update.setRate(rate);
    }
    for (int from = 0; from < slots.length; ) {
      int to = from + 1;
      while (to < slots.length
          && batch.feature(slots[to]).index() == batch.feature(slots[from]).index()) {
        to++;
      }
      update.addTables(table(Arrays.copyOfRange(slots, from, to)));
      from = to;
    }
    return update.build();
  }

  private TableUpdate table(int[] slots) {
    var update = TableUpdate.newBuilder().setTable(batch.feature(slots[0]).name());
    for (int slot : slots) {
      update.addKeys(batch.category(slot));
      update.addOccurrences(batch.occurrences(slot));
      update.addEventTimeOffsetsMs(batch.latestMs(slot) - batch.latestMs());
      update.addDimensions(rows.dimensions[slot]);
    }
    if (Arrays.stream(slots).anyMatch(slot -> rows.found[slot] != rows.dimensions[slot])) {
      for (int slot : slots) {
        update.addFound(rows.found[slot]);
      }
    }
    return update.setGradients(bytes(slots)).build();
  }

  private ByteString bytes(int[] slots) {
    int floats = 0;
    for (int slot : slots) {
      floats += length(rows.dimensions[slot]);
    }
    ByteBuffer bytes = ByteBuffer.allocate(floats * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    var all = bytes.asFloatBuffer();
    for (int slot : slots) {
      all.put(rows.gradients, slot * stride, length(rows.dimensions[slot]));
    }
    return UnsafeByteOperations.unsafeWrap(bytes);
  }

  private static int length(int dimension) {
    return dimension == 0 ? 0 : Gradient.length(dimension);
  }
}
