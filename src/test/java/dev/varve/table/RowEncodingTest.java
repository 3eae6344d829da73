package dev.varve.table;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class RowEncodingTest {
  /** Weight 1, coordinates 2 to 5; sums of each 10 to 14. */
  private static final float[] ADAGRAD = {1, 2, 3, 4, 5, 10, 11, 12, 13, 14};

  /** The same with one sum for the weight and one for all coordinates. */
  private static final float[] ROWWISE = {1, 2, 3, 4, 5, 10, 11};

  private static final float[] PLAIN = {1, 2, 3, 4, 5};

  @Test
  void aCopyHasTheWeightAndTheCoordinatesThatBothHaveWithTheirSums() {
    float[] narrow = new float[6];
    RowEncoding.FLOAT32_ADAGRAD.copy(ADAGRAD, 4, narrow, 2);
    assertThat(narrow).containsExactly(1, 2, 3, 10, 11, 12);

    float[] wide = {0, -1, -1, -1, -1, 0, -2, -2, -2, -2};
    RowEncoding.FLOAT32_ADAGRAD.copy(narrow, 2, wide, 4);
    assertThat(wide).containsExactly(1, 2, 3, -1, -1, 10, 11, 12, -2, -2);

    float[] rowwise = new float[5];
    RowEncoding.FLOAT32_ROWWISE.copy(ROWWISE, 4, rowwise, 2);
    assertThat(rowwise).containsExactly(1, 2, 3, 10, 11);

    float[] plain = new float[3];
    RowEncoding.FLOAT32_PLAIN.copy(PLAIN, 4, plain, 2);
    assertThat(plain).containsExactly(1, 2, 3);
  }

  @Test
  void aCopyBeginsWhereItIsToldTo() {
    float[] from = {-1, -1, 1, 2, 10, 11};
    float[] to = new float[9];
    RowEncoding.FLOAT32_ADAGRAD.copy(from, 2, 1, to, 3, 2);
    assertThat(to).containsExactly(0, 0, 0, 1, 2, 0, 10, 11, 0);
  }

  @ParameterizedTest
  @EnumSource(RowEncoding.class)
  void aTraceHasNothingToCopy(RowEncoding encoding) {
    float[] to = {7, 8, 9, 9, 9, 9};
    encoding.copy(new float[0], 0, to, 1);
    assertThat(to).containsExactly(7, 8, 9, 9, 9, 9);
    assertThat(encoding.rowFloats(0)).isZero();
    assertThat(encoding.part(PLAIN, 4, 0, 0)).isEmpty();
  }

  @Test
  void aPartHasItsCoordinatesWithTheSumsThatAreTheirs() {
    assertThat(RowEncoding.FLOAT32_ADAGRAD.part(ADAGRAD, 4, 1, 3)).containsExactly(3, 4, 12, 13);
    assertThat(RowEncoding.FLOAT32_ROWWISE.part(ROWWISE, 4, 1, 3)).containsExactly(3, 4);
    assertThat(RowEncoding.FLOAT32_PLAIN.part(PLAIN, 4, 1, 3)).containsExactly(3, 4);
  }

  @Test
  void aPartFromTheFirstCoordinateOnIsAStateOfItsOwn() {
    assertThat(RowEncoding.FLOAT32_ADAGRAD.part(ADAGRAD, 4, 0, 2))
        .containsExactly(1, 2, 3, 10, 11, 12);
    assertThat(RowEncoding.FLOAT32_ROWWISE.part(ROWWISE, 4, 0, 2)).containsExactly(1, 2, 3, 10, 11);
    assertThat(RowEncoding.FLOAT32_PLAIN.part(PLAIN, 4, 0, 4)).containsExactly(PLAIN);
  }

  /** Whatever is cut off and put back, nothing of it is lost and nothing else is touched. */
  @ParameterizedTest
  @EnumSource(RowEncoding.class)
  void whatIsCutAndPutBackIsTheStateAgain(RowEncoding encoding) {
    float[] state = new float[encoding.stateLength(8)];
    for (int i = 0; i < state.length; i++) {
      state[i] = 1 + i;
    }
    for (int cut = 0; cut < 8; cut = Math.max(1, 2 * cut)) {
      float[] left = new float[encoding.rowFloats(cut)];
      encoding.copy(state, 8, left, cut);
      float[] again = new float[encoding.stateLength(8)];
      encoding.copy(left, cut, again, 8);
      float[] part = encoding.part(state, 8, cut, 8);

      encoding.putPart(part, cut, 8, again, 8);

      assertThat(again).as("cut at %d", cut).containsExactly(state);
      if (cut > 0) {
        assertThat(part).hasSize(encoding.partLength(8 - cut));
      }
    }
  }
}
