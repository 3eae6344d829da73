package dev.varve.log;

import dev.varve.base.Check;
import dev.varve.schema.Feature;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A side table in memory: for each key the features that the mapping takes from it, ready made, so
 * that joining costs a look-up. Equal features are one object.
 */
final class SideTable {
  private final List<FeatureValues> values = new ArrayList<>();
  private final List<Integer> columns = new ArrayList<>();
  private final Map<String, @Nullable Feature[]> rows = new HashMap<>();
  private final @Nullable Feature[] none;
  private String lastKey = "";
  private @Nullable Feature[] lastRow;

  private SideTable(int features) {
    none = new Feature[features];
    lastRow = none;
  }

  /**
   * Reads a side table to its end. Of two rows with the same key the later counts.
   *
   * @param key names the table in problems
   */
  static SideTable load(
      String key,
      RowSource source,
      String keyColumn,
      List<Rules.Feature> features,
      List<String> problems)
      throws IOException {
    var table = new SideTable(features.size());
    int keyAt = source.column(key + ".key", keyColumn, problems);
    for (Rules.Feature feature : features) {
      String column = ((Rules.Source.Joined) feature.source()).column();
      table.columns.add(source.column("features." + feature.name(), column, problems));
      table.values.add(new FeatureValues(feature.name(), feature.values()));
    }
    if (keyAt >= 0 && !table.columns.contains(-1)) {
      try {
        table.fill(source.rows(), keyAt);
      } catch (RowRefused e) {
        String where = "%s row %d".formatted(key, source.rows().number());
        problems.add(Check.message(where, e.reason(), "a row like the others"));
      }
    }
    return table;
  }

  /** A feature of the row of a key; null when there is no such row or its cell is empty. */
  @Nullable Feature feature(String key, int index) {
    if (!key.equals(lastKey)) {
      lastRow = rows.getOrDefault(key, none);
      lastKey = key;
    }
    return lastRow[index];
  }

  /** Keys held. */
  int size() {
    return rows.size();
  }

  private void fill(Rows from, int keyAt) throws IOException {
    var distinct = new HashMap<Feature, Feature>();
    while (from.next()) {
      RowRefused problem = from.problem();
      if (problem != null) {
        throw problem;
      }
      @Nullable Feature[] row = new Feature[values.size()];
      for (int i = 0; i < row.length; i++) {
        Feature feature = Cells.feature(from, columns.get(i), values.get(i));
        Feature known = feature == null ? null : distinct.putIfAbsent(feature, feature);
        row[i] = known == null ? feature : known;
      }
      rows.put(from.text(keyAt), row);
    }
  }
}
