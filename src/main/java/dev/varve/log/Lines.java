package dev.varve.log;

import java.io.Closeable;
import java.io.IOException;
import java.io.Reader;
import java.util.Arrays;

/**
 * Lines of text as ranges {@code [from, to)} of one reused buffer. A line may grow by the next
 * ones, and give them back. Ends with LF or CRLF; a byte order mark at the start and empty lines
 * are skipped.
 *
 * <p>Memory: the longest line, at most {@link #MAX_CHARS}; of a longer line the beginning is kept.
 */
final class Lines implements Closeable {
  /** Longest line that is read, in characters. */
  static final int MAX_CHARS = 1 << 24;

  private static final int KEPT_CHARS = LogRow.Refused.RAW_CHARS;

  private final Reader in;
  private char[] buffer = new char[1 << 16];
  private int limit;
  private int from;
  private int to;
  private int next;
  private int firstTo;
  private int firstNext;
  private boolean tooLong;
  private boolean begun;

  Lines(Reader in) {
    this.in = in;
  }

  /** Moves to the next line that is not empty; false at the end. */
  boolean next() throws IOException {
    skipByteOrderMark();
    do {
      from = next;
      tooLong = false;
      if (!advance()) {
        if (!tooLong) {
          return false;
        }
        skipRest();
      }
    } while (from == to);
    firstTo = to;
    firstNext = next;
    return true;
  }

  /** Lets the current line grow by the next one and the break between; false when it cannot. */
  boolean extend() throws IOException {
    boolean grown = advance();
    tooLong = false;
    return grown;
  }

  /** Gives all lines but the first back, to be read as lines of their own. */
  void keepFirst() {
    to = firstTo;
    next = firstNext;
  }

  char[] chars() {
    return buffer;
  }

  int from() {
    return from;
  }

  int to() {
    return to;
  }

  /** The line is longer than {@link #MAX_CHARS}, and only its beginning is here. */
  boolean tooLong() {
    return tooLong;
  }

  @Override
  public void close() throws IOException {
    in.close();
  }

  /** Moves {@code to} and {@code next} to the first line break behind {@code next}. */
  private boolean advance() throws IOException {
    int line = next - from;
    int scanned = line;
    while (true) {
      for (int i = from + scanned; i < limit; i++) {
        if (buffer[i] == '\n') {
          boolean carriageReturn = i > from + line && buffer[i - 1] == '\r';
          to = carriageReturn ? i - 1 : i;
          next = i + 1;
          return true;
        }
      }
      scanned = limit - from;
      if (scanned >= MAX_CHARS) {
        tooLong = true;
        return false;
      }
      if (!fill()) {
        to = limit;
        next = limit;
        return scanned > line;
      }
    }
  }

  /** Reads on; false at the end of input. */
  private boolean fill() throws IOException {
    if (limit == buffer.length) {
      makeRoom();
    }
    int n = in.read(buffer, limit, buffer.length - limit);
    limit += Math.max(n, 0);
    return n > 0;
  }

  /** Shifts the current line to the buffer's beginning, or doubles a buffer that is full of it. */
  private void makeRoom() {
    if (from == 0) {
      buffer = Arrays.copyOf(buffer, buffer.length * 2);
      return;
    }
    System.arraycopy(buffer, from, buffer, 0, limit - from);
    limit -= from;
    to -= from;
    next -= from;
    firstTo -= from;
    firstNext -= from;
    from = 0;
  }

  /** Drops the rest of a line that is too long. */
  private void skipRest() throws IOException {
    to = from + KEPT_CHARS;
    limit = to;
    while (fill()) {
      for (int i = to; i < limit; i++) {
        if (buffer[i] == '\n') {
          next = i + 1;
          return;
        }
      }
      limit = to;
    }
    limit = to;
    next = to;
  }

  private void skipByteOrderMark() throws IOException {
    if (!begun) {
      begun = true;
      if (fill() && buffer[0] == '\uFEFF') {
        next = 1;
      }
    }
  }
}
