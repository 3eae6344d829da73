package dev.varve.serve;

import org.jspecify.annotations.Nullable;

/**
 * The inputs of a lookup: {@code ids}, and no other.
 *
 * <p><b>Threads:</b> one.
 */
final class LookupInputs implements Inputs {
  private static final String RULE = "one input, ids";

  private final int maxIds;
  private @Nullable IdsTensor ids;

  LookupInputs(int maxIds) {
    this.maxIds = maxIds;
  }

  @Override
  public IdsTensor next() {
    if (ids != null) {
      throw RefusedException.malformed("inputs", "more than one", RULE);
    }
    ids = new IdsTensor(maxIds);
    return ids;
  }

  @Override
  public OutputSet outputs() {
    return OutputSet.LOOKUP;
  }

  /**
   * The lookup, once everything is read.
   *
   * @throws RefusedException when it is none
   */
  LookupRequest request(RequestHead head) {
    if (ids == null) {
      throw RefusedException.malformed("inputs", "none", RULE);
    }
    return new LookupRequest(head, ids.keys(), ids.shape());
  }
}
