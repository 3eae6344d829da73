package dev.varve.crash;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.varve.schema.BlockCensus;
import dev.varve.schema.ShardState;
import dev.varve.schema.TableCensus;
import dev.varve.schema.TableState;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a shard has stored, as text: one name and one value for each pair of bytes. Two texts are
 * equal exactly when the numbers are, bit for bit: Java prints a float or double with as many
 * digits as tell it from all others.
 */
final class Stored {
  static final String SHARD = "shard";

  private static final int ROW_KEY_BYTES = 10;
  private static final int ROW_HEADER_BYTES = 14;
  private static final byte VERSION = 2;
  private static final byte ENCODING = 0;
  private static final long PACKED = (1L << 40) - 1;

  private Stored() {}

  // -- the text

  static String rowName(int table, long category) {
    return "row %d/%016x".formatted(table, category);
  }

  static String row(double popularity, long timeMs, int dimension, float[] state) {
    return "popularity %s at %d dimension %d state %s"
        .formatted(popularity, timeMs, dimension, Arrays.toString(state));
  }

  static String keptName(int table, long category) {
    return "kept of " + rowName(table, category);
  }

  static String cut(long version, float value, float squares) {
    return "%s %s under %d".formatted(value, squares, version);
  }

  static String tableName(int table) {
    return "table " + table;
  }

  static String table(
      String name,
      long occurrences,
      long admitted,
      long expired,
      Map<Integer, Long> rows,
      Map<Integer, Map<Long, Long>> bins) {
    return "%s: occurrences %d admitted %d expired %d rows by dimension %s by bin %s"
        .formatted(name, occurrences, admitted, expired, rows, bins);
  }

  static String shard(
      long examples,
      long watermarkMs,
      long layoutVersion,
      Map<Long, Long> layoutTimes,
      long sweptVersion,
      long held,
      Map<Integer, Long> applied) {
    return "examples %d watermark %d layout %d came %s swept %d held %d applied %s"
        .formatted(examples, watermarkMs, layoutVersion, layoutTimes, sweptVersion, held, applied);
  }

  // -- the bytes

  /** Adds a pair of the store below or of its changelog. */
  static void read(byte[] key, byte[] value, Map<String, String> into) {
    ByteBuffer name = ByteBuffer.wrap(key);
    try {
      if (key.length == ROW_KEY_BYTES && name.getShort(0) < 0) {
        into.put(keptName(name.getShort() & 0x7FFF, name.getLong()), kept(value));
      } else if (key.length == ROW_KEY_BYTES) {
        into.put(rowName(name.getShort(), name.getLong()), row(value));
      } else if (key.length == 4 && name.getInt() == -1) {
        into.put(SHARD, shard(ShardState.parseFrom(value)));
      } else if (key.length == 4 && name.getShort(0) == -1) {
        TableState table = TableState.parseFrom(value);
        into.put(tableName(Short.toUnsignedInt(name.getShort(2))), table(table.getCensus()));
      } else {
        into.put("unknown key " + HexFormat.of().formatHex(key), "");
      }
    } catch (InvalidProtocolBufferException e) {
      into.put("unreadable " + HexFormat.of().formatHex(key), HexFormat.of().formatHex(value));
    }
  }

  private static String row(byte[] bytes) {
    ByteBuffer value = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    if (value.get() != VERSION || value.get() != ENCODING) {
      return "another format " + HexFormat.of().formatHex(bytes);
    }
    int dimension = value.getShort();
    long popularity = value.getLong(4) & PACKED;
    long time = value.getLong(6) >>> 24;
    float[] state = floats(value.position(ROW_HEADER_BYTES));
    return row(unpacked(popularity), time * 256, dimension, state);
  }

  /** Parts one behind the other, as {@code dev.varve.store.Kept} tells. */
  private static String kept(byte[] bytes) {
    ByteBuffer value = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    Map<Integer, String> cuts = new TreeMap<>();
    while (value.hasRemaining()) {
      int from = value.getShort();
      int to = value.getShort();
      long version = value.getLong();
      value.getLong();
      int n = from == 0 ? 1 + to : to - from;
      int first = from == 0 ? 0 : 1 + from;
      float[] floats = floats(value.slice().limit(2 * n * Float.BYTES).order(value.order()));
      value.position(value.position() + 2 * n * Float.BYTES);
      for (int i = 0; i < n; i++) {
        cuts.put(first + i, cut(version, floats[i], floats[n + i]));
      }
    }
    return cuts.toString();
  }

  private static float[] floats(ByteBuffer rest) {
    float[] floats = new float[rest.remaining() / Float.BYTES];
    rest.slice().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(floats);
    return floats;
  }

  /** 32 bits behind the first, and the exponent above them. */
  private static double unpacked(long popularity) {
    double significand = 1 + (popularity & 0xFFFF_FFFFL) * 0x1p-32;
    return popularity == 0 ? 0 : Math.scalb(significand, (int) (popularity >>> 32) - 127);
  }

  private static String table(TableCensus census) {
    Map<Integer, Long> rows = new TreeMap<>();
    Map<Integer, Map<Long, Long>> bins = new TreeMap<>();
    for (BlockCensus block : census.getBlocksList()) {
      Map<Long, Long> of = new TreeMap<>();
      long bin = 0;
      for (int i = 0; i < block.getBinsCount(); i++) {
        bin += block.getBins(i);
        of.put(bin, block.getBinRows(i));
      }
      rows.put(block.getDimension(), block.getRows());
      bins.put(block.getDimension(), of);
    }
    return table(
        census.getTable(),
        census.getOccurrences(),
        census.getAdmitted(),
        census.getExpired(),
        rows,
        bins);
  }

  private static String shard(ShardState state) {
    return shard(
        state.getExamples(),
        state.getWatermarkMs(),
        state.getLayoutVersion(),
        new TreeMap<>(state.getLayoutTimesMap()),
        state.getSweptVersion(),
        state.getHeld(),
        new TreeMap<>(state.getAppliedMap()));
  }
}
