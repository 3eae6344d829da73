package dev.varve.layout;

import dev.varve.schema.Block;
import dev.varve.schema.Blocks;
import dev.varve.schema.Layout;
import java.util.List;
import java.util.Map;

/**
 * The blocks of all tables.
 *
 * @param tables cuts by name
 * @param others cuts of every table that comes later
 * @param used what rows, and what does not depend on the layout, would use, in units of the budget
 */
record Allocation(Map<String, Cuts> tables, Cuts others, long used) {
  Allocation {
    tables = Map.copyOf(tables);
  }

  /** Writes the blocks into a layout; a table with the blocks of all others is not named. */
  void into(Layout.Builder layout, Scale scale) {
    List<Block> blocks = others.blocks(scale);
    layout.clearDefaultBlocks().clearTables().addAllDefaultBlocks(blocks);
    tables.forEach(
        (table, cuts) -> {
          List<Block> own = cuts.blocks(scale);
          if (!own.equals(blocks)) {
            layout.putTables(table, Blocks.newBuilder().addAllBlocks(own).build());
          }
        });
  }
}
