package dev.varve.serve;

import dev.varve.base.Check;
import dev.varve.event.Category;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * A valid request of a Feast client: which features, of which entities.
 *
 * <p>A feature view is a table. Feast's server knows from its registry by which join key a view is
 * read; here that is the key with the table's name, or the only one that there is.
 *
 * @param columns the features, in the order of the answer
 * @param entities by join key, each with an id for every row of the answer
 * @param fullNames whether the answer names features with their view
 * @param versions whether the answer has the version of each view
 */
record FeastRequest(
    List<Column> columns, List<Entity> entities, boolean fullNames, boolean versions) {
  FeastRequest {
    columns = List.copyOf(columns);
    entities = List.copyOf(entities);
  }

  /** A feature of a table. */
  record Column(String table, FeastFeature feature) {
    /** What the answer calls it. */
    String name(boolean full) {
      return full ? table + "__" + feature.text() : feature.text();
    }
  }

  /**
   * The ids of one join key.
   *
   * @param joinKey its name
   * @param ids texts, integers in decimal
   * @param integers which of them are integers
   */
  record Entity(String joinKey, List<String> ids, BitSet integers) {
    /** The categories, in the order of the ids. */
    long[] keys() {
      return ids.stream().mapToLong(Category::key).toArray();
    }
  }

  /** The tables that are to be read, each once. */
  Set<String> tables() {
    Set<String> tables = new LinkedHashSet<>();
    columns.forEach(column -> tables.add(column.table()));
    return tables;
  }

  /** The ids by which a table is read. */
  Entity entity(String table) {
    for (Entity entity : entities) {
      if (entity.joinKey().equals(table)) {
        return entity;
      }
    }
    if (entities.size() == 1) {
      return entities.getFirst();
    }
    List<String> keys = new ArrayList<>();
    entities.forEach(entity -> keys.add(entity.joinKey()));
    throw RefusedException.malformed(
        "entities",
        String.join(", ", keys),
        "one join key, or one with the name of each feature view, such as " + Check.quoted(table));
  }
}
