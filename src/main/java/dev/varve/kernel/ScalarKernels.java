package dev.varve.kernel;

/** Defines what {@link Kernels} give; never tuned. */
final class ScalarKernels extends Kernels {
  @Override
  public void load(long address, float[] to, int at, int n) {
    for (int i = 0; i < n; i++) {
      to[at + i] = Memory.getFloat(address + 4L * i);
    }
  }

  @Override
  public void store(float[] from, int at, long address, int n) {
    for (int i = 0; i < n; i++) {
      Memory.putFloat(address + 4L * i, from[at + i]);
    }
  }

  @Override
  public void project(long address, int dimension, float[] basis, int width, float[] out, int at) {
    for (int j = 0; j < width; j++) {
      float sum = 0;
      for (int k = 0; k < dimension; k++) {
        sum = Math.fma(Memory.getFloat(address + 4L * k), basis[k * width + j], sum);
      }
      out[at + j] = sum;
    }
  }

  @Override
  public String describe() {
    return "scalar";
  }
}
