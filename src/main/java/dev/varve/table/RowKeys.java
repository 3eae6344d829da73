package dev.varve.table;

import java.util.Arrays;

/**
 * Rows to read, by table and category; those of a table best stand together.
 *
 * <p><b>Threads:</b> one; made once, filled anew for each batch.
 */
public final class RowKeys {
  private String[] tables = new String[ResidentRows.CHUNK];
  private long[] categories = new long[ResidentRows.CHUNK];
  private int size;

  public void clear() {
    size = 0;
  }

  public void add(String table, long category) {
    if (size == categories.length) {
      tables = Arrays.copyOf(tables, 2 * size);
      categories = Arrays.copyOf(categories, 2 * size);
    }
    tables[size] = table;
    categories[size++] = category;
  }

  public int size() {
    return size;
  }

  public String table(int i) {
    return tables[i];
  }

  public long category(int i) {
    return categories[i];
  }

  /** The categories; only the first {@link #size} are of this batch. */
  @SuppressWarnings("EI_EXPOSE_REP") // read in place, in a hot loop
  public long[] categories() {
    return categories;
  }
}
