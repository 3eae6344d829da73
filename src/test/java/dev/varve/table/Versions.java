package dev.varve.table;

/**
 * Rows whose floats are a function of their key and version, so that a reader tells from the floats
 * alone whose row it has, of which version, and whether all of it is of one.
 */
final class Versions {
  /** Versions stay below: floats hold them exactly. */
  private static final int MOST = 1 << 24;

  private Versions() {}

  static float[] state(int key, int version, int length) {
    if (version >= MOST) {
      throw new IllegalStateException("version: " + version);
    }
    float[] state = new float[length];
    for (int i = 0; i < length; i++) {
      state[i] = value(key, version, i);
    }
    return state;
  }

  /** The linear weight and the first coordinate are the version. */
  private static float value(int key, int version, int i) {
    if (i < 2) {
      return version;
    }
    int h = (key * 0x9E3779B9 + version) * 0x85EBCA6B + i * 0xC2B2AE35;
    return (h ^ (h >>> 15)) >>> 8;
  }

  /** The version of a state of this key; throws when it is not one whole state of it. */
  static int ofState(int key, float[] state, int at, int length) {
    return check(key, (int) state[at], state, at, length, 0, 1);
  }

  /** The version of a served vector, all of it times a factor. */
  static int ofVector(int key, float[] vector, int at, int dimension, float factor) {
    return check(key, (int) (vector[at] / factor), vector, at, dimension, 1, factor);
  }

  private static int check(
      int key, int version, float[] floats, int at, int n, int first, float factor) {
    for (int i = 0; i < n; i++) {
      float expected = factor * value(key, version, first + i);
      if (floats[at + i] != expected) {
        throw new AssertionError(
            "key %d, version %d, float %d of %d: %s (expected: %s)"
                .formatted(key, version, i, n, floats[at + i], expected));
      }
    }
    return version;
  }
}
