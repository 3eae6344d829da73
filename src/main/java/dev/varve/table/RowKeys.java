package dev.varve.table;

import java.util.Arrays;

/**
 * Rows to read, by table and category; those of a table best stand together. Who is about to update
 * them says what of theirs is to be counted first, so that they are read as they will be then.
 *
 * <p><b>Threads:</b> one; made once, filled anew for each batch.
 */
public final class RowKeys {
  private String[] tables = new String[ResidentRows.CHUNK];
  private long[] categories = new long[ResidentRows.CHUNK];
  private int[] underway = new int[ResidentRows.CHUNK];
  private int[] occurrences = new int[ResidentRows.CHUNK];
  private int size;

  public void clear() {
    size = 0;
  }

  /** A row to be read as it is. */
  public void add(String table, long category) {
    add(table, category, 0, 0);
  }

  /**
   * A row to be read as its update will find it.
   *
   * @param ahead occurrences that were sent and are not counted yet
   * @param now occurrences of the update; only a category's first counts them before its row is
   *     made
   */
  public void add(String table, long category, int ahead, int now) {
    if (size == categories.length) {
      tables = Arrays.copyOf(tables, 2 * size);
      categories = Arrays.copyOf(categories, 2 * size);
      underway = Arrays.copyOf(underway, 2 * size);
      occurrences = Arrays.copyOf(occurrences, 2 * size);
    }
    tables[size] = table;
    underway[size] = ahead;
    occurrences[size] = now;
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

  /** Occurrences that were sent and are not counted yet. */
  public int underway(int i) {
    return underway[i];
  }

  /** Occurrences of the update that the row is read for; 0 when it is read as it is. */
  public int occurrences(int i) {
    return occurrences[i];
  }

  /** The categories; only the first {@link #size} are of this batch. */
  @SuppressWarnings("EI_EXPOSE_REP") // read in place, in a hot loop
  public long[] categories() {
    return categories;
  }
}
