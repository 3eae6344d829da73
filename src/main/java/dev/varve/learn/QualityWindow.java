package dev.varve.learn;

import dev.varve.schema.Quality;
import dev.varve.schema.SliceQuality;
import dev.varve.schema.SourceQuality;
import dev.varve.schema.TableQuality;
import java.util.ArrayDeque;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Progressive quality over the newest examples of this process's trainers, for people to look at:
 * reports of a transaction that is aborted later stay in.
 *
 * <p><b>Threads:</b> any; one lock.
 */
public final class QualityWindow {
  private static final int DECILES = 10;

  /**
   * Quality over the window.
   *
   * @param examples that were predicted
   */
  public record Snapshot(
      long examples, double logLoss, double normalizedEntropy, double auc, double calibration) {
    static Snapshot of(QualitySum sum) {
      return new Snapshot(
          sum.examples(), sum.logLoss(), sum.normalizedEntropy(), sum.auc(), sum.calibration());
    }
  }

  /**
   * Quality of the examples that have a category of a table.
   *
   * @param blocks by the dimension of its row, 0 for none
   * @param deciles by its popularity: a tenth of the examples each, 1 with the least popular
   *     categories, 10 with the most popular. What is alike is not parted: some are larger than a
   *     tenth, and others missing
   */
  public record Slices(SortedMap<Integer, Snapshot> blocks, SortedMap<Integer, Snapshot> deciles) {}

  private final long capacity;
  private final ArrayDeque<SourceQuality> reports = new ArrayDeque<>();
  private final QualitySum sum = new QualitySum();
  private final ArrayDeque<Quality> sliced = new ArrayDeque<>();
  private long slicedExamples;
  private long rejected;

  /** Examples and refusals of each report. */
  private final ArrayDeque<Refusals> records = new ArrayDeque<>();

  private Refusals recent = new Refusals(0, 0);

  /** Records of the window, and those of them that were refused. */
  public record Refusals(long records, long rejected) {
    private Refusals plus(Refusals other, int sign) {
      return new Refusals(records + sign * other.records, rejected + sign * other.rejected);
    }

    /** Share of the records that were refused; 0 without any. */
    public double share() {
      return records == 0 ? 0 : (double) rejected / records;
    }
  }

  /**
   * @param capacity examples to look back over
   */
  public QualityWindow(long capacity) {
    this.capacity = capacity;
  }

  public synchronized void add(Quality quality) {
    for (SourceQuality report : quality.getSourcesList()) {
      rejected += report.getRejected();
      count(new Refusals(report.getExamples() + report.getRejected(), report.getRejected()));
      if (report.getExamples() == 0) {
        continue; // no example would ever push it out
      }
      reports.add(report);
      sum.add(report);
      while (sum.examples() - reports.element().getExamples() >= capacity) {
        sum.remove(reports.remove());
      }
    }
    if (quality.getTablesCount() > 0) {
      sliced.add(quality);
      slicedExamples += quality.getTableExamples();
      while (slicedExamples - sliced.element().getTableExamples() >= capacity) {
        slicedExamples -= sliced.remove().getTableExamples();
      }
    }
  }

  private void count(Refusals more) {
    records.add(more);
    recent = recent.plus(more, 1);
    while (recent.records - records.element().records >= capacity) {
      recent = recent.plus(records.remove(), -1);
    }
  }

  /** The newest records, as many as the window looks back over. */
  public synchronized Refusals refusals() {
    return recent;
  }

  /** Records refused since the process started. */
  public synchronized long rejected() {
    return rejected;
  }

  public synchronized Snapshot snapshot() {
    return Snapshot.of(sum);
  }

  /** Quality by table, and within it by block and popularity; some seconds behind. */
  public synchronized SortedMap<String, Slices> slices() {
    SortedMap<String, Sums> tables = new TreeMap<>();
    for (Quality report : sliced) {
      for (TableQuality table : report.getTablesList()) {
        Sums sums = tables.computeIfAbsent(table.getTable(), _ -> new Sums());
        table.getBlocksList().forEach(slice -> add(sums.blocks, slice));
        table.getClassesList().forEach(slice -> add(sums.classes, slice));
      }
    }
    SortedMap<String, Slices> slices = new TreeMap<>();
    tables.forEach((name, sums) -> slices.put(name, sums.slices()));
    return slices;
  }

  /** A table's, by dimension and by class of popularity. */
  private static final class Sums {
    final SortedMap<Integer, QualitySum> blocks = new TreeMap<>();
    final SortedMap<Integer, QualitySum> classes = new TreeMap<>();

    Slices slices() {
      return new Slices(snapshots(blocks), snapshots(deciles(classes)));
    }
  }

  private static void add(SortedMap<Integer, QualitySum> sums, SliceQuality slice) {
    sums.computeIfAbsent(slice.getSlice(), _ -> QualitySum.coarse()).add(slice.getSums());
  }

  private static SortedMap<Integer, QualitySum> deciles(SortedMap<Integer, QualitySum> classes) {
    double all = classes.values().stream().mapToDouble(QualitySum::weight).sum();
    SortedMap<Integer, QualitySum> deciles = new TreeMap<>();
    double below = 0;
    for (QualitySum of : classes.values()) {
      // A class belongs where its middle is.
      double middle = (below + of.weight() / 2) / all;
      int decile = Math.clamp(1 + (int) Math.floor(DECILES * middle), 1, DECILES);
      deciles.computeIfAbsent(decile, _ -> QualitySum.coarse()).add(of);
      below += of.weight();
    }
    return deciles;
  }

  private static SortedMap<Integer, Snapshot> snapshots(SortedMap<Integer, QualitySum> sums) {
    SortedMap<Integer, Snapshot> snapshots = new TreeMap<>();
    sums.forEach((of, each) -> snapshots.put(of, Snapshot.of(each)));
    return snapshots;
  }
}
