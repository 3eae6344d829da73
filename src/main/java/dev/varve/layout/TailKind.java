package dev.varve.layout;

import dev.varve.schema.TailEncoding;

/** How categories without a row of their own are served. */
public enum TailKind {
  /** As zeros. */
  NONE(TailEncoding.NO_TAIL),
  /** By one row each, which they share. */
  HASH(TailEncoding.HASH),
  /**
   * By the element-wise product of two rows, which they share.
   *
   * <p><b>Source:</b> Shi et al. 2020, Compositional embeddings using complementary partitions. We
   * differ: quotient and remainder are two independent hashes, since categories are no dense
   * numbers, so that two of them can share both rows.
   */
  QR(TailEncoding.QR);

  private final TailEncoding encoding;

  TailKind(TailEncoding encoding) {
    this.encoding = encoding;
  }

  /** The same in a layout. */
  TailEncoding encoding() {
    return encoding;
  }
}
