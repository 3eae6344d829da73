package dev.varve.crash;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.varve.schema.PopularityBin;
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

  static String row(double popularity, long timeMs, float[] state) {
    return "popularity " + popularity + " at " + timeMs + " state " + Arrays.toString(state);
  }

  static String tableName(int table) {
    return "table " + table;
  }

  static String table(String name, long rows, long occurrences, Map<Long, Long> bins) {
    return name + ": rows " + rows + " occurrences " + occurrences + " bins " + bins;
  }

  static String shard(
      long examples,
      long watermarkMs,
      long layoutVersion,
      long halfLifeMs,
      Map<Integer, Long> applied) {
    return "examples %d watermark %d layout %d half-life %d applied %s"
        .formatted(examples, watermarkMs, layoutVersion, halfLifeMs, applied);
  }

  // -- the bytes

  /** Adds a pair of the store below or of its changelog. */
  static void read(byte[] key, byte[] value, Map<String, String> into) {
    ByteBuffer name = ByteBuffer.wrap(key);
    try {
      if (key.length == ROW_KEY_BYTES) {
        into.put(rowName(Short.toUnsignedInt(name.getShort()), name.getLong()), row(value));
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
    if (value.get() != VERSION || value.get() != ENCODING || value.getShort() != Setup.DIMENSION) {
      return "another format " + HexFormat.of().formatHex(bytes);
    }
    long popularity = value.getLong(4) & PACKED;
    long time = value.getLong(6) >>> 24;
    float[] state = new float[(bytes.length - ROW_HEADER_BYTES) / Float.BYTES];
    value.position(ROW_HEADER_BYTES).asFloatBuffer().get(state);
    return row(unpacked(popularity), time * 256, state);
  }

  /** 32 bits behind the first, and the exponent above them. */
  private static double unpacked(long popularity) {
    double significand = 1 + (popularity & 0xFFFF_FFFFL) * 0x1p-32;
    return popularity == 0 ? 0 : Math.scalb(significand, (int) (popularity >>> 32) - 127);
  }

  private static String table(TableCensus census) {
    Map<Long, Long> bins = new TreeMap<>();
    for (PopularityBin bin : census.getBinsList()) {
      bins.put(bin.getBin(), bin.getRows());
    }
    return table(census.getTable(), census.getRows(), census.getOccurrences(), bins);
  }

  private static String shard(ShardState state) {
    return shard(
        state.getExamples(),
        state.getWatermarkMs(),
        state.getLayoutVersion(),
        state.getHalfLifeMs(),
        new TreeMap<>(state.getAppliedMap()));
  }
}
