package dev.varve.bench;

/** What a figure counts. */
public enum Unit {
  NS_PER_ROW("ns/row"),
  ROWS_PER_SECOND("rows/s"),
  EXAMPLES_PER_SECOND("examples/s"),
  REQUESTS_PER_SECOND("requests/s"),
  VECTORS_PER_SECOND("vectors/s"),
  GFLOP_PER_SECOND("GFLOP/s"),
  BYTES_PER_ROW("B/row"),
  MICROSECONDS("us"),
  MILLISECONDS("ms"),
  SECONDS("s"),
  ROWS("rows"),
  PERCENT("%"),
  TIMES("x");

  private final String text;

  Unit(String text) {
    this.text = text;
  }

  public String text() {
    return text;
  }
}
