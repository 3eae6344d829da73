package dev.varve.bench;

import dev.varve.table.ResidentRows;
import dev.varve.table.RowMemory;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * How many bytes does a row take in memory beside its floats and its optimizer's state, the index
 * included? And how many in RocksDB?
 *
 * <p>Rows are inserted until the index is 80 % full, and further up to all; the sizes are those of
 * the memory in use.
 */
final class OverheadBench implements Bench {
  private static final double LOAD = 0.8;
  private static final int SAMPLE = 100_000;

  private final Settings settings;
  private final Population population;
  private final List<Figure> figures = new ArrayList<>();

  OverheadBench(Settings settings) {
    this.settings = settings;
    this.population = settings.population(Settings.DIMENSION);
  }

  @Override
  public String question() {
    return "bytes of a row, up to %,d of dimension 16, one sum of squares for each"
        .formatted(settings.rows());
  }

  @Override
  public long bytes() {
    return population.bytes();
  }

  @Override
  public List<Figure> run(Progress progress) throws IOException {
    progress.at("filling rows of dimension 16");
    try (ResidentRows rows = population.empty(population.bytes())) {
      float[] state = new float[Population.ENCODING.stateLength(Settings.DIMENSION)];
      boolean wasAbove = true;
      int atLoad = 0;
      RowMemory memory = RowMemory.NONE;
      for (int i = 0; i < population.rows(); i++) {
        population.insert(rows, i, 1, state);
        // The last time that it passes it on its way up.
        boolean isAbove = rows.indexLoad() >= LOAD;
        if (isAbove && !wasAbove) {
          memory = rows.memory();
          atLoad = i + 1;
        }
        wasAbove = isAbove;
      }
      if (atLoad > 0) {
        figures.add(
            beside("beside the floats, index 80 %% full (%,d rows)", memory, atLoad).atMost(32));
      }
      figures.add(beside("beside the floats, all %,d rows", rows.memory(), population.rows()));
      figures.add(Figure.of("index of all rows, full to", Unit.PERCENT, 100 * rows.indexLoad()));
    }
    for (int d = 1; d <= Settings.WIDE; d *= 2) {
      progress.at("rows of dimension " + d);
      sizes(d);
    }
    return figures;
  }

  /** Slots that no row has used yet are no row's overhead: a slab grows by a page at a time. */
  private static Figure beside(String name, RowMemory memory, int rows) {
    RowMemory.BlockMemory block = memory.blocks().getFirst();
    long floats = (long) Float.BYTES * Population.ENCODING.stateLength(block.dimension());
    double bytes = block.rowBytes() - floats + (double) memory.indexBytes() / rows;
    return Figure.of(name.formatted(rows), Unit.BYTES_PER_ROW, bytes);
  }

  private void sizes(int d) throws IOException {
    var sample = new Population(Math.min(SAMPLE, settings.rows()), settings.seed(), d);
    try (var folder = new ScratchFolder(settings.folder());
        ResidentRows rows = sample.resident();
        RocksDbTable table = RocksDbTable.of(rows, sample.keys(), folder.path())) {
      int floats = Float.BYTES * Population.ENCODING.stateLength(d);
      int row = rows.memory().blocks().getFirst().rowBytes();
      figures.add(Figure.of("d=%d, floats and sums".formatted(d), Unit.BYTES_PER_ROW, floats));
      figures.add(Figure.of("d=%d, in memory without index".formatted(d), Unit.BYTES_PER_ROW, row));
      double stored = (double) table.fileBytes() / sample.rows();
      figures.add(Figure.of("d=%d, in RocksDB's files".formatted(d), Unit.BYTES_PER_ROW, stored));
    }
  }
}
