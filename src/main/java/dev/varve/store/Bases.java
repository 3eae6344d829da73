package dev.varve.store;

import dev.varve.learn.DenseBases;
import dev.varve.schema.DenseModel;
import dev.varve.table.Basis;
import java.util.Map;

/**
 * The bases that vectors are served through: those of the newest version of the dense model. A
 * table that it has none for is served as it is.
 *
 * <p><b>Threads:</b> any.
 */
public final class Bases {
  private final Basis identity;
  private final int width;
  private volatile Map<String, Basis> byTable = Map.of();

  public Bases(int width) {
    this.width = width;
    this.identity = Basis.identity(width);
  }

  /** Takes in a version. */
  public void accept(DenseModel model) {
    byTable = DenseBases.of(model, width);
  }

  /** The basis of a table. */
  Basis of(String table) {
    return byTable.getOrDefault(table, identity);
  }

  int width() {
    return width;
  }
}
