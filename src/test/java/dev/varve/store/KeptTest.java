package dev.varve.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.table.RowEncoding;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class KeptTest {
  private static final RowEncoding ENCODING = RowEncoding.FLOAT32_ADAGRAD;

  private final MapBelow below = new MapBelow();
  private long oldestMs;
  private Kept kept = new Kept(below, ENCODING, () -> oldestMs);

  private static Kept.Part part(int from, int to, long version, long cutMs) {
    float[] floats = new float[from == 0 ? ENCODING.rowFloats(to) : ENCODING.partLength(to - from)];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = 100 * version + i;
    }
    return new Kept.Part(from, to, version, cutMs, floats);
  }

  private void reopen() {
    kept.flush();
    kept = new Kept(below, ENCODING, () -> oldestMs);
  }

  private static void assertParts(List<Kept.Part> parts, Kept.Part... expected) {
    assertThat(parts).usingRecursiveFieldByFieldElementComparator().containsExactly(expected);
  }

  @Test
  void whatWasKeptIsThereBeforeAndAfterItIsPutBelow() {
    kept.add(7, -3, part(2, 8, 5, 1_000));

    assertParts(kept.get(7, -3), part(2, 8, 5, 1_000));
    assertThat(below.pairs).isEmpty();
    reopen();
    assertParts(kept.get(7, -3), part(2, 8, 5, 1_000));
    assertThat(kept.get(7, -2)).isEmpty();
    assertThat(kept.get(6, -3)).isEmpty();
    assertThat(kept.count()).isEqualTo(1);
  }

  @ParameterizedTest
  @EnumSource(RowEncoding.class)
  void aWholeRowAndAPartAreReadAsTheyWereWritten(RowEncoding encoding) {
    kept = new Kept(below, encoding, () -> 0);
    float[] whole = new float[encoding.rowFloats(2)];
    float[] rest = new float[encoding.partLength(6)];
    rest[rest.length - 1] = Float.MIN_VALUE;
    whole[whole.length - 1] = -0.0f;
    kept.set(0, 1, List.of(new Kept.Part(0, 2, 9, 20, whole), new Kept.Part(2, 8, 8, 10, rest)));
    kept.flush();

    var read = new Kept(below, encoding, () -> 0).get(0, 1);

    assertParts(read, new Kept.Part(0, 2, 9, 20, whole), new Kept.Part(2, 8, 8, 10, rest));
  }

  @Test
  void aPartThatJoinsComesInFrontAndOneThatDoesNotReplaces() {
    kept.add(0, 1, part(4, 8, 2, 10));
    kept.add(0, 1, part(2, 4, 3, 20));
    assertParts(kept.get(0, 1), part(2, 4, 3, 20), part(4, 8, 2, 10));

    kept.add(0, 1, part(0, 1, 4, 30));
    assertParts(kept.get(0, 1), part(0, 1, 4, 30));
  }

  @Test
  void whatIsTooOldIsNotGivenBackAndNeitherIsWhatIsBehindIt() {
    kept.add(0, 1, part(4, 8, 2, 10));
    kept.add(0, 1, part(2, 4, 3, 20));
    oldestMs = 11;
    assertParts(kept.get(0, 1), part(2, 4, 3, 20));
    oldestMs = 21;
    assertThat(kept.get(0, 1)).isEmpty();
  }

  @Test
  void nothingKeptIsNothingStored() {
    kept.add(0, 1, part(4, 8, 2, 10));
    kept.flush();
    kept.set(0, 1, List.of());
    assertThat(kept.get(0, 1)).isEmpty();
    kept.flush();

    assertThat(below.pairs).isEmpty();
    assertThat(kept.count()).isZero();
    below.commit();
    kept.set(0, 2, List.of());
    kept.flush();
    assertThat(below.puts).as("nothing was there, nothing is taken away").isEmpty();
  }

  @Test
  void expiryTakesAwayRowsWhoseNewestPartIsTooOldPieceByPiece() {
    for (int row = 0; row < 10; row++) {
      kept.add(row % 3, row, part(4, 8, 2, row));
    }
    kept.add(0, 0, part(2, 4, 3, 9));
    kept.flush();
    oldestMs = 6;
    byte[] next = Kept.key(0, 0);
    int pieces = 0;
    while (next != null) {
      next = kept.expire(next, 4);
      pieces++;
    }

    assertThat(pieces).isEqualTo(3);
    assertThat(kept.count()).isEqualTo(5);
    assertThat(below.pairs).hasSize(5);
    assertThat(kept.get(0, 0)).hasSize(1);
    for (int row = 1; row < 10; row++) {
      assertThat(kept.get(row % 3, row)).as("row %d", row).hasSize(row < 6 ? 0 : 1);
    }
  }

  /** A row's own key sorts among the rows, what is kept of it behind all of them. */
  @Test
  void keysOfRowsAndOfWhatIsKeptAreApart() {
    assertThat(Kept.key(3, 9)).containsExactly(0x80, 3, 0, 0, 0, 0, 0, 0, 0, 9);
  }
}
