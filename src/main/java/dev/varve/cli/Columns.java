package dev.varve.cli;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A table in plain text: a heading, rows, columns two spaces apart. */
final class Columns {
  private final List<String[]> rows = new ArrayList<>();
  private final boolean[] right;

  /** Columns under these headings; one that begins with {@code >} is aligned to the right. */
  Columns(String... headings) {
    right = new boolean[headings.length];
    String[] heading = new String[headings.length];
    for (int i = 0; i < headings.length; i++) {
      right[i] = headings[i].startsWith(">");
      heading[i] = right[i] ? headings[i].substring(1) : headings[i];
    }
    rows.add(heading);
  }

  /** Adds a row, one text per column. */
  Columns row(String... cells) {
    if (cells.length != right.length) {
      throw new IllegalArgumentException("%d cells in %s".formatted(right.length, List.of(cells)));
    }
    rows.add(cells.clone());
    return this;
  }

  /** The lines; none ends in a space, the last ends without a line break. */
  String text() {
    int[] widths = new int[right.length];
    for (String[] row : rows) {
      Arrays.setAll(widths, i -> Math.max(widths[i], width(row[i])));
    }
    return String.join("\n", rows.stream().map(row -> line(row, widths)).toList());
  }

  private String line(String[] row, int[] widths) {
    var line = new StringBuilder();
    for (int i = 0; i < row.length; i++) {
      String padding = " ".repeat(widths[i] - width(row[i]));
      line.append(right[i] ? padding + row[i] : row[i] + padding).append("  ");
    }
    return line.toString().stripTrailing();
  }

  private static int width(String text) {
    return text.codePointCount(0, text.length());
  }
}
