package dev.varve.serve;

/** What the values of an output are; the names are the protocol's. */
enum Datatype {
  INT8(Byte.BYTES),
  INT32(Integer.BYTES),
  INT64(Long.BYTES),
  FP16(Short.BYTES),
  FP32(Float.BYTES);

  private static final float LARGEST_FP16 = 65_504;

  private final int bytes;

  Datatype(int bytes) {
    this.bytes = bytes;
  }

  /** Of one value in its raw form. */
  int bytes() {
    return bytes;
  }

  /** The nearest FP16; the largest finite one for what is beyond them. */
  static short fp16(float value) {
    return Float.floatToFloat16(Math.clamp(value, -LARGEST_FP16, LARGEST_FP16));
  }
}
