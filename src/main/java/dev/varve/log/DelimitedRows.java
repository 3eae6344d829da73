package dev.varve.log;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Rows whose cells are separated by one character. With quotes (CSV, RFC 4180): a cell that begins
 * with a quote ends with one, may hold separators and line breaks, and a doubled quote means one.
 * Without (TSV): a quote is a character like any other.
 *
 * <p>Cells are ranges of the line until somebody asks for their text. A row with a quote that is
 * never closed, or closed in mid-cell, is refused and costs its first line only: reading goes on at
 * the next.
 */
final class DelimitedRows extends LineRows {
  private final char delimiter;
  private final boolean quotes;
  private List<String> columns;
  private int[] starts = new int[64];
  private int[] ends = new int[64];
  private boolean[] doubled = new boolean[64];
  private @Nullable String[] texts = new String[64];
  private int cells;
  private int base;

  private DelimitedRows(Lines lines, Rules.Format format, boolean quotes) {
    super(lines);
    this.delimiter = quotes ? format.delimiter() : '\t';
    this.quotes = quotes;
    this.columns = format.columns();
  }

  /** Reads the header, if there is one; without it the columns stay empty when the file is. */
  static DelimitedRows open(Lines lines, Rules.Format format, boolean quotes) throws IOException {
    var rows = new DelimitedRows(lines, format, quotes);
    if (format.header() && lines.next()) {
      rows.split();
      rows.columns = rows.all();
    }
    return rows;
  }

  @Override
  public List<String> columns() {
    return columns;
  }

  @Override
  public int column(String name) {
    return columns.indexOf(name);
  }

  @Override
  void read() throws IOException {
    split();
    if (problem() == null && cells != columns.size()) {
      refuse("columns", Integer.toString(cells), Integer.toString(columns.size()));
    }
  }

  @Override
  public String text(int column) {
    String text = texts[column];
    if (text == null) {
      int start = starts[column];
      int length = ends[column] - start;
      text = length == 0 ? "" : new String(lines.chars(), lines.from() + start, length);
      if (doubled[column]) {
        text = text.replace("\"\"", "\"");
      }
      texts[column] = text;
    }
    return text;
  }

  @Override
  public @Nullable List<String> list(int column) {
    return null;
  }

  private List<String> all() {
    var all = new ArrayList<String>(cells);
    for (int i = 0; i < cells; i++) {
      all.add(text(i));
    }
    return List.copyOf(all);
  }

  /** Finds the cells; positions are relative to the line, which moves when it grows. */
  private void split() throws IOException {
    Arrays.fill(texts, 0, cells, null);
    cells = 0;
    base = 0;
    boolean more = true;
    while (more) {
      char[] chars = lines.chars();
      int at = lines.from() + base;
      boolean quoted = quotes && at < lines.to() && chars[at] == '"';
      if (quoted && !quotedCell()) {
        return;
      }
      if (!quoted) {
        plainCell();
      }
      more = base >= 0;
    }
  }

  /** A cell up to the next delimiter; {@code base} is behind it, or -1 at the line's end. */
  private void plainCell() {
    char[] chars = lines.chars();
    int from = lines.from();
    int to = lines.to();
    int at = from + base;
    while (at < to && chars[at] != delimiter) {
      at++;
    }
    add(base, at - from, false);
    base = at < to ? at - from + 1 : -1;
  }

  /** A quoted cell, on as many lines as it takes; false, with a problem, when it is broken. */
  private boolean quotedCell() throws IOException {
    int start = base + 1;
    int at = start;
    boolean twice = false;
    while (true) {
      at = quoteBehind(at);
      if (at < 0) {
        return refuseCell(start, "a quote that is closed");
      }
      if (charAt(at + 1) != '"') {
        break;
      }
      twice = true;
      at += 2;
    }
    int behind = charAt(at + 1);
    if (behind >= 0 && behind != delimiter) {
      return refuseCell(start, "a delimiter or the row's end behind a closing quote");
    }
    add(start, at, twice);
    base = behind < 0 ? -1 : at + 2;
    return true;
  }

  /** Position of the next quote at or behind a position, on the lines that follow if need be. */
  private int quoteBehind(int position) throws IOException {
    int at = position;
    while (true) {
      char[] chars = lines.chars();
      int from = lines.from();
      int length = lines.to() - from;
      while (at < length && chars[from + at] != '"') {
        at++;
      }
      if (at < length) {
        return at;
      }
      if (!lines.extend()) {
        return -1;
      }
    }
  }

  private int charAt(int position) {
    int at = lines.from() + position;
    return at < lines.to() ? lines.chars()[at] : -1;
  }

  private boolean refuseCell(int start, String rule) {
    lines.keepFirst();
    int length = Math.min(lines.to() - lines.from() - start, LogRow.Refused.RAW_CHARS);
    String cell = new String(lines.chars(), lines.from() + start, Math.max(length, 0));
    refuse("cell " + (cells + 1), cell, rule);
    return false;
  }

  private void add(int start, int end, boolean twice) {
    if (cells == starts.length) {
      starts = Arrays.copyOf(starts, cells * 2);
      ends = Arrays.copyOf(ends, cells * 2);
      doubled = Arrays.copyOf(doubled, cells * 2);
      texts = Arrays.copyOf(texts, cells * 2);
    }
    starts[cells] = start;
    ends[cells] = end;
    doubled[cells] = twice;
    cells++;
  }
}
