package dev.varve.layout;

import dev.varve.schema.Block;
import dev.varve.schema.Blocks;
import dev.varve.schema.Layout;
import dev.varve.schema.Tail;
import dev.varve.schema.TailEncoding;
import java.util.List;

/** Makes layouts, and reads them. */
public final class Layouts {
  /** Names the table of the rows that categories without their own share; no feature has it. */
  public static final String SHARED_ROWS = "";

  private Layouts() {}

  /** The first layout: every row of every table has the base dimension, however rare. */
  public static Layout first(int baseDimension) {
    return Layout.newBuilder()
        .setVersion(1)
        .setBaseDimension(baseDimension)
        .addDefaultBlocks(Block.newBuilder().setDimension(baseDimension).setThreshold(0))
        .build();
  }

  /** The blocks of a table: its own, or those of all that the layout does not name. */
  public static List<Block> blocks(Layout layout, String table) {
    if (table.equals(SHARED_ROWS)) {
      return sharedRows(layout.getTail());
    }
    Blocks named = layout.getTablesMap().get(table);
    return named == null ? layout.getDefaultBlocksList() : named.getBlocksList();
  }

  private static List<Block> sharedRows(Tail tail) {
    return tail.getDimension() == 0
        ? List.of()
        : List.of(Block.newBuilder().setDimension(tail.getDimension()).build());
  }

  /** Whether categories of a table can be without a row of their own, and share rows then. */
  public static boolean hasTail(Layout layout, String table) {
    List<Block> blocks = blocks(layout, table);
    return layout.getTail().getEncoding() != TailEncoding.NO_TAIL
        && !table.equals(SHARED_ROWS)
        && (blocks.isEmpty() || blocks.getFirst().getThreshold() > 0);
  }
}
