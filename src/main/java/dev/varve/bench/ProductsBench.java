package dev.varve.bench;

import dev.varve.kernel.Products;
import dev.varve.kernel.Products.Factor;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** How fast are the matrix products of a DLRM, with what this machine has and in Java? */
final class ProductsBench implements Bench {
  /** Inputs and outputs of the layers. */
  private static final int[][] LAYERS = {
    {13, 512}, {512, 256}, {256, 64}, {64, 16}, {367, 512}, {512, 256}, {256, 1}
  };

  private static final List<Integer> BATCHES = List.of(128, 2048);

  private final Settings settings;

  ProductsBench(Settings settings) {
    this.settings = settings;
  }

  @Override
  public String question() {
    return "matrix products of dlrm 13-512-256-64-16, 367-512-256-1, forward and backward, one"
        + " thread";
  }

  @Override
  public long bytes() {
    return 0;
  }

  @Override
  public List<Figure> run(Progress progress) {
    List<Figure> figures = new ArrayList<>();
    for (Products products : List.of(Products.PRODUCTS, Products.inJava())) {
      for (int batch : BATCHES) {
        String name = "%s, %,d examples".formatted(products.describe(), batch);
        progress.at(name);
        var work = new Layers(products, batch);
        figures.add(
            settings
                .measuring()
                .measure(work)
                .perSecond(name, Unit.GFLOP_PER_SECOND, work.flops() / batch / 1e9));
      }
    }
    return figures;
  }

  /** All products of a micro-batch; nobody asks for the slopes of numerical features. */
  private static final class Layers implements Work {
    private final Products products;
    private final int batch;
    private final List<float[][]> layers = new ArrayList<>();

    Layers(Products products, int batch) {
      this.products = products;
      this.batch = batch;
      for (int[] layer : LAYERS) {
        layers.add(
            new float[][] {
              random(batch * layer[0]),
              random(layer[0] * layer[1]),
              random(batch * layer[1]),
              new float[Math.max(layer[0] * layer[1], batch * Math.max(layer[0], layer[1]))]
            });
      }
    }

    private static float[] random(int n) {
      var random = new SplittableRandom(n);
      float[] values = new float[n];
      for (int i = 0; i < n; i++) {
        values[i] = random.nextFloat() - 0.5f;
      }
      return values;
    }

    double flops() {
      double flops = 0;
      for (int i = 0; i < LAYERS.length; i++) {
        flops += (i == 0 ? 4.0 : 6.0) * batch * LAYERS[i][0] * LAYERS[i][1];
      }
      return flops;
    }

    @Override
    public int run() {
      for (int i = 0; i < LAYERS.length; i++) {
        int in = LAYERS[i][0];
        int out = LAYERS[i][1];
        float[] x = layers.get(i)[0];
        float[] weights = layers.get(i)[1];
        float[] y = layers.get(i)[2];
        float[] to = layers.get(i)[3];
        products.multiply(Factor.of(x, batch, in), Factor.of(weights, in, out), to, false);
        products.multiply(Factor.transposed(x, in, batch), Factor.of(y, batch, out), to, false);
        if (i > 0) {
          products.multiply(
              Factor.of(y, batch, out), Factor.transposed(weights, out, in), to, false);
        }
      }
      return batch;
    }
  }
}
