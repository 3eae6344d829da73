package dev.varve.store;

import dev.varve.layout.Layouts;
import dev.varve.schema.ShardState;
import dev.varve.schema.TableState;
import dev.varve.table.Basis;
import dev.varve.table.PackedPopularity;
import dev.varve.table.ResidentRows;
import dev.varve.table.RowEncoding;
import dev.varve.table.RowFormat;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads a copy of a shard, which Kafka Streams keeps from the changelog while another instance owns
 * the shard.
 *
 * <p>A commit of the owner ends with its {@link ShardState}. That is read first, so the rows are at
 * least as new as its watermark says; each row is read whole, as it was after one of the owner's
 * commits. A copy has no shared rows to serve: those of two layouts could not be told apart while a
 * commit comes in.
 *
 * <p><b>Threads:</b> any.
 */
final class ShardCopy {
  /** Numbers of the tables, as of a state. */
  private record Tables(long batches, Map<String, Integer> ids) {}

  private final int shard;
  private final Below below;
  private final EmbeddingStore.Settings settings;
  private volatile Tables tables = new Tables(-1, Map.of());

  ShardCopy(int shard, Below below, EmbeddingStore.Settings settings) {
    this.shard = shard;
    this.below = below;
    this.settings = settings;
  }

  /**
   * How far it is.
   *
   * @throws ShardUnavailableException while it has read no commit
   */
  ShardProgress progress() {
    ShardState state = state();
    return new ShardProgress(
        state.getExamples(), state.getWatermarkMs(), state.getLayoutVersion(), 0);
  }

  /**
   * Reads vectors.
   *
   * @param to receives them; of keys.length and the basis' width
   * @return newest event time that the rows contain, at least
   * @throws ShardUnavailableException while it has read no commit, and where only shared rows serve
   *     a category
   */
  long vectors(String table, long[] keys, Basis basis, Vectors to) {
    ShardState state = state();
    int id = id(table, state);
    boolean hasTail = Layouts.hasTail(state.getLayout(), table);
    for (int from = 0; from < keys.length; from += ResidentRows.CHUNK) {
      int n = Math.min(ResidentRows.CHUNK, keys.length - from);
      byte[] @Nullable [] values = read(id, keys, from, n);
      for (int i = 0; i < n; i++) {
        boolean isRow = take(values[i], basis, to, from + i);
        if (!isRow && hasTail) {
          throw new ShardUnavailableException(shard, "a copy without the tail");
        }
      }
    }
    return state.getWatermarkMs();
  }

  private byte[] @Nullable [] read(int id, long[] keys, int from, int n) {
    var values = new byte[n][];
    if (id >= 0) {
      var stored = new byte[n][];
      for (int i = 0; i < n; i++) {
        stored[i] = RowFormat.key(id, keys[from + i]);
      }
      below.get(stored, n, values);
    }
    return values;
  }

  private boolean take(byte @Nullable [] value, Basis basis, Vectors to, int i) {
    int width = basis.width();
    int dimension = 0;
    if (value != null) {
      dimension =
          RowFormat.vector(value, settings.optimizer().encoding(), basis, to.vectors(), i * width);
    }
    if (dimension <= 0) {
      Arrays.fill(to.vectors(), i * width, (i + 1) * width, 0);
    }
    boolean isRow = dimension > 0;
    to.dimensions()[i] = Math.max(dimension, 0);
    long[] timesMs = to.timesMs();
    if (timesMs != null) {
      timesMs[i] = isRow && value != null ? PackedPopularity.unpackTime(RowFormat.time(value)) : 0;
    }
    to.statuses()[i] = (isRow ? LookupStatus.ROW : LookupStatus.UNKNOWN).code();
    return isRow;
  }

  private ShardState state() {
    byte[] bytes = below.get(Shard.STATE_KEY);
    if (bytes == null) {
      throw new ShardUnavailableException(shard, "a copy that has read no commit");
    }
    ShardState state = Messages.parse(ShardState.parser(), bytes, "shard state");
    boolean fits =
        state.getDimension() == settings.dimension()
            && RowEncoding.of((byte) state.getEncoding()) == settings.optimizer().encoding();
    if (!fits) {
      throw new ShardUnavailableException(shard, "a copy that does not fit the configuration");
    }
    return state;
  }

  /** The number of a table; -1 when there is none of the name. Numbers come with commits. */
  private int id(String table, ShardState state) {
    Tables known = tables;
    Integer id = known.ids().get(table);
    if (id == null && known.batches() != state.getBatches()) {
      Map<String, Integer> ids = new HashMap<>();
      ShardTables.scan(below, value -> ids.put(name(value), value.getId()));
      tables = new Tables(state.getBatches(), Map.copyOf(ids));
      id = ids.get(table);
    }
    return id == null ? -1 : id;
  }

  private static String name(TableState state) {
    return state.getCensus().getTable();
  }
}
