package dev.varve.learn;

/**
 * Names of the parameters of a multi-layer perceptron in the dense model. What enters the first
 * layer has a block of weights by its name, so that features may come in any order, on any trainer,
 * at any time; and shapes are part of names, so that other shapes are other parameters.
 *
 * <p><b>Shape:</b> weights float32[in][out], row-major; biases float32[out].
 */
final class MlpNames {
  private static final String PREFIX = "mlp/";

  /** Inputs that the first layer's weights are drawn for: how many there will be nobody knows. */
  private static final int USUAL_INPUTS = 64;

  private MlpNames() {}

  /** Weights of an input of the first layer. */
  static String input(String mlp, int out, String name) {
    return PREFIX + mlp + "/0/" + out + "/" + name;
  }

  /** Weights of a layer behind the first. */
  static String weights(String mlp, int layer, int in, int out) {
    return PREFIX + mlp + "/" + layer + "/" + in + "x" + out;
  }

  /** Biases of a layer. */
  static String biases(String mlp, int layer, int out) {
    return PREFIX + mlp + "/" + layer + "/" + out;
  }

  static boolean isOne(String name) {
    return name.startsWith(PREFIX);
  }

  /**
   * The standard deviation that weights of this name start with, by which signals neither grow nor
   * fade from layer to layer; of biases 0.
   *
   * <p><b>Source:</b> Glorot and Bengio 2010, equation 12, for normal instead of uniform weights.
   */
  static float initialScale(String name) {
    String[] parts = name.split("/", 5);
    int times = parts[3].indexOf('x');
    if (times > 0) {
      int in = Integer.parseInt(parts[3], 0, times, 10);
      int out = Integer.parseInt(parts[3], times + 1, parts[3].length(), 10);
      return (float) Math.sqrt(2.0 / (in + out));
    }
    return parts.length < 5
        ? 0
        : (float) Math.sqrt(2.0 / (USUAL_INPUTS + Integer.parseInt(parts[3])));
  }
}
