package dev.varve.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.varve.base.Bytes;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** The part of a status that says what the rows take, for people. */
final class MemoryPage {
  private final JsonNode status;
  private final JsonNode memory;

  MemoryPage(JsonNode status) {
    this.status = status;
    this.memory = status.path("memory");
  }

  String text() {
    return String.join("\n", blocks(), "", rocksDb(), parameters());
  }

  /** All rows by dimension, and those of them that are in memory. */
  private String blocks() {
    var columns = new Columns("block", ">rows", ">in memory", ">bytes each", ">memory");
    Map<Integer, Long> rows = rowsByDimension();
    long all = 0;
    long resident = 0;
    for (JsonNode block : memory.path("blocks")) {
      int dimension = block.path("dimension").asInt();
      long total = rows.getOrDefault(dimension, 0L);
      all += total;
      resident += block.path("rows").asLong();
      columns.row(
          "d = " + dimension,
          count(total),
          count(block.path("rows").asLong()),
          count(block.path("rowBytes").asLong()),
          size(block.path("bytes")));
    }
    columns.row("index", "", "", "", size(memory.path("index")));
    columns.row(
        "all of " + size(memory.path("capacity")),
        count(all),
        count(resident),
        resident == 0 ? "" : tenths((double) memory.path("used").asLong() / resident),
        size(memory.path("used")));
    return columns.text();
  }

  private String rocksDb() {
    JsonNode rocksDb = memory.path("rocksDb");
    return """
    RocksDB: %s in files
    in memory: %s not yet in files, block cache %s of %s, open files %s\
    """
        .formatted(
            size(rocksDb.path("fileBytes")),
            size(rocksDb.path("memtableBytes")),
            size(rocksDb.path("blockCacheBytes")),
            size(rocksDb.path("blockCacheCapacity")),
            size(rocksDb.path("tableReaderBytes")));
  }

  /** Learned floats beside those of a table in which every row has the base dimension. */
  private String parameters() {
    long parameters = 0;
    long uniform = 0;
    int width = status.path("dimension").asInt();
    for (JsonNode table : status.path("tables")) {
      parameters += table.path("parameters").asLong();
      uniform += table.path("rows").asLong() * (1 + width);
    }
    return "parameters: %s, %s %% of the %s that rows of dimension %d would have"
        .formatted(
            count(parameters),
            uniform == 0 ? "100.0" : tenths(100.0 * parameters / uniform),
            count(uniform),
            width);
  }

  private Map<Integer, Long> rowsByDimension() {
    var rows = new TreeMap<Integer, Long>();
    for (JsonNode table : status.path("tables")) {
      table
          .path("rowsByDimension")
          .properties()
          .forEach(
              block ->
                  rows.merge(
                      Integer.valueOf(block.getKey()), block.getValue().asLong(), Long::sum));
    }
    return rows;
  }

  private static String count(long n) {
    return String.format(Locale.ROOT, "%,d", n);
  }

  private static String tenths(double x) {
    return String.format(Locale.ROOT, "%.1f", x);
  }

  private static String size(JsonNode bytes) {
    return new Bytes(bytes.asLong()).toHuman();
  }
}
