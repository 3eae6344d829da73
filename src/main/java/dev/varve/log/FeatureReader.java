package dev.varve.log;

import dev.varve.log.Rules.Values;
import dev.varve.schema.Feature;
import java.time.DayOfWeek;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Reads one feature of an example. */
interface FeatureReader {
  /**
   * The feature.
   *
   * @return null when the example does not have it
   * @throws RowRefused when its cell cannot be read
   */
  @Nullable Feature read(Cells cells, long timeMs);

  /** Called once behind a row that was mapped. */
  default void remember(Cells cells) {}

  /** A column of the log. */
  static FeatureReader column(int column, FeatureValues values) {
    return (cells, timeMs) -> cells.feature(column, values);
  }

  /** A column of a side table that is looked up by a column of the log. */
  static FeatureReader joined(int on, SideTable table, int index) {
    return (cells, timeMs) -> table.feature(cells.text(on), index);
  }

  /** "0" to "23", UTC. */
  static FeatureReader hourOfDay(String name) {
    Feature[] hours = numbered(name, 0, 24);
    return (cells, timeMs) -> hours[(int) Math.floorMod(timeMs / 3_600_000, 24L)];
  }

  /** "1" (Monday) to "7", UTC. */
  static FeatureReader dayOfWeek(String name) {
    Feature[] days = numbered(name, 1, 7);
    int firstDay = DayOfWeek.THURSDAY.getValue() - 1;
    return (cells, timeMs) -> days[(int) Math.floorMod(timeMs / 86_400_000 + firstDay, 7L)];
  }

  /** The value that a column had in the last row with the same key. */
  static FeatureReader previous(String name, int column, int per) {
    var values = new FeatureValues(name, Values.CATEGORY);
    var previous = new PreviousValues();
    return new FeatureReader() {
      @Override
      public @Nullable Feature read(Cells cells, long timeMs) {
        return values.of(previous.get(cells.own(per)));
      }

      @Override
      public void remember(Cells cells) {
        previous.put(cells.own(per), cells.own(column));
      }
    };
  }

  private static Feature[] numbered(String name, int from, int count) {
    return IntStream.range(from, from + count)
        .mapToObj(n -> Feature.newBuilder().setName(name).addIds(Integer.toString(n)).build())
        .toArray(Feature[]::new);
  }
}
