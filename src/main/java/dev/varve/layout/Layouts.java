package dev.varve.layout;

import dev.varve.schema.Block;
import dev.varve.schema.Layout;

/** Makes layouts. */
public final class Layouts {
  private Layouts() {}

  /** The first layout: every row of every table has the base dimension, however rare. */
  public static Layout first(int baseDimension) {
    return Layout.newBuilder()
        .setVersion(1)
        .setBaseDimension(baseDimension)
        .addDefaultBlocks(Block.newBuilder().setDimension(baseDimension).setThreshold(0))
        .build();
  }
}
