package dev.varve.store;

import dev.varve.layout.Layouts;
import dev.varve.layout.TableRule;
import dev.varve.schema.Layout;
import dev.varve.schema.TableState;
import dev.varve.schema.TableUpdate;
import dev.varve.schema.UpdateBatch;
import dev.varve.table.ResidentRows;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The tables of a shard, by name and by number. A table's number is the next when an update first
 * names it, and stays. One of them, without a name, has the rows that categories without their own
 * share; it comes with the first layout that has a tail.
 *
 * <p><b>Threads:</b> {@link #id} and {@link #rule} any; all else the shard's writer.
 */
final class ShardTables {
  private final int dimension;
  private final ShardLayout layout;
  private final TreeMap<String, ShardTable> named = new TreeMap<>();
  private final List<ShardTable> all = new ArrayList<>();
  private @Nullable ShardTable shared;
  private volatile Map<String, Integer> ids = Map.of();
  private volatile Rules rules;

  /**
   * @param dimension of the widest rows
   * @param layout whose rules they follow
   */
  ShardTables(int dimension, ShardLayout layout) {
    this.dimension = dimension;
    this.layout = layout;
    this.rules = rules();
  }

  /** The number of a table; -1 when there is none of the name. */
  int id(String name) {
    Integer id = ids.get(name);
    return id == null ? -1 : id;
  }

  /** The rule of a table, also of one that there is none of. */
  TableRule rule(String name) {
    return rules.of(name);
  }

  /** Those with a name, by it. */
  Collection<ShardTable> named() {
    return named.values();
  }

  Set<String> names() {
    return named.keySet();
  }

  @Nullable ShardTable find(String name) {
    return named.get(name);
  }

  /** A table that an update has named. */
  ShardTable get(String name) {
    return Objects.requireNonNull(named.get(name));
  }

  ShardTable get(int id) {
    return all.get(id);
  }

  /** All, by number; the same list while there come more. */
  List<ShardTable> all() {
    return Collections.unmodifiableList(all);
  }

  /** The one with shared rows; null before the first tail. */
  @Nullable ShardTable shared() {
    return shared;
  }

  /**
   * Makes those that a batch is the first to name. All at once: to publish the numbers takes as
   * long as there are tables.
   *
   * @return whether there were any
   */
  boolean addNew(UpdateBatch batch) {
    int before = named.size();
    for (TableUpdate update : batch.getTablesList()) {
      if (!named.containsKey(update.getTable())) {
        add(create(update.getTable()));
      }
    }
    boolean isNew = named.size() > before;
    if (isNew) {
      publish();
    }
    return isNew;
  }

  void addShared() {
    if (shared == null) {
      add(create(Layouts.SHARED_ROWS));
    }
  }

  private ShardTable create(String name) {
    return new ShardTable(all.size(), name, dimension, layout.rule(name));
  }

  private void add(ShardTable table) {
    if (table.isShared()) {
      shared = table;
    } else {
      named.put(table.name(), table);
    }
    all.add(table);
  }

  /** What readers see; rules that are made for them are not kept. */
  private record Rules(Layout layout, double factor, Map<String, TableRule> known) {
    TableRule of(String name) {
      TableRule rule = known.get(name);
      return rule == null ? TableRule.of(layout, name, factor) : rule;
    }
  }

  private Rules rules() {
    Map<String, TableRule> known = new HashMap<>();
    named.values().forEach(table -> known.put(table.name(), table.rule()));
    return new Rules(layout.layout(), layout.factor(), Map.copyOf(known));
  }

  private void publish() {
    rules = rules();
    Map<String, Integer> published = new HashMap<>();
    named.values().forEach(table -> published.put(table.name(), table.id()));
    ids = Map.copyOf(published);
  }

  /** Takes the rules that the layout has now. */
  void follow() {
    all.forEach(table -> table.follow(layout.rule(table.name())));
    rules = rules();
  }

  /** Traces of all tables. */
  long traces() {
    return all.stream().mapToLong(ShardTable::traces).sum();
  }

  /** Whether bins of some are of a Varve that had others. */
  boolean haveOlderBins() {
    return all.stream().anyMatch(ShardTable::hasOlderBins);
  }

  // -- below

  /** Puts what has changed since the last call. */
  void writeBack(BiConsumer<byte[], byte[]> put) {
    for (ShardTable table : all) {
      table.settleBins();
      TableState changed = table.takeChanged();
      if (changed != null) {
        put.accept(key(table.id()), changed.toByteArray());
      }
    }
  }

  /** Reads what was put. */
  void restore(Below below) {
    scan(below, this::restore);
    publish();
  }

  /** Reads the states that were put. */
  static void scan(Below below, Consumer<TableState> each) {
    below.scan(
        key(0),
        key(ResidentRows.MOST_TABLES),
        (_, value) -> each.accept(Messages.parse(TableState.parser(), value, "table state")));
  }

  private void restore(TableState state) {
    TableRule rule = layout.rule(state.getCensus().getTable());
    add(ShardTable.restore(state, dimension, rule));
  }

  private static byte[] key(int id) {
    return ByteBuffer.allocate(4).putShort((short) -1).putShort((short) id).array();
  }
}
