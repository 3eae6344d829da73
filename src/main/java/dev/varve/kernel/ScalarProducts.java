package dev.varve.kernel;

/** Defines what {@link Products} give; not tuned. */
final class ScalarProducts extends Products {
  @Override
  public void multiply(Factor a, Factor b, float[] c, boolean adds) {
    int k = a.columns();
    for (int i = 0; i < a.rows(); i++) {
      for (int j = 0; j < b.columns(); j++) {
        int at = i * b.columns() + j;
        float sum = adds ? c[at] : 0;
        for (int l = 0; l < k; l++) {
          sum = Math.fma(value(a, i, l), value(b, l, j), sum);
        }
        c[at] = sum;
      }
    }
  }

  private static float value(Factor of, int row, int column) {
    return of.isTransposed()
        ? of.values()[column * of.rows() + row]
        : of.values()[row * of.columns() + column];
  }

  @Override
  public String describe() {
    return "scalar";
  }
}
