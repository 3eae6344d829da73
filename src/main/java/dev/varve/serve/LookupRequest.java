package dev.varve.serve;

import java.util.List;

/** A valid lookup, whichever transport brought it. Owns its arrays. */
final class LookupRequest {
  private final RequestHead head;
  private final long[] keys;
  private final long[] shape;

  /**
   * A request.
   *
   * @param keys the categories, in the order of the answer
   * @param shape of the ids: [n] or [n, k]
   * @throws RefusedException when it asks to pool what has no rows
   */
  LookupRequest(RequestHead head, long[] keys, long[] shape) {
    this.head = head;
    this.keys = keys;
    this.shape = shape;
    Pooling pooling = head.parameters().pooling();
    if (pooling != null && shape.length == 1) {
      throw RefusedException.malformed(
          "inputs[0].shape", "[%d]".formatted(shape[0]), "[n, k], as pooling is asked for");
    }
  }

  /** A request for ids of shape [n], without parameters. */
  LookupRequest(String table, String version, String id, long[] keys, List<Output> outputs) {
    this(
        new RequestHead(table, version, id, outputs, new RequestParameters()),
        keys,
        new long[] {keys.length});
  }

  RequestHead head() {
    return head;
  }

  String table() {
    return head.model();
  }

  String version() {
    return head.version();
  }

  String id() {
    return head.id();
  }

  List<Output> outputs() {
    return head.outputs();
  }

  RequestParameters parameters() {
    return head.parameters();
  }

  long[] keys() {
    return keys;
  }

  /** Of the ids: [n] or [n, k]. */
  long[] shape() {
    return shape;
  }
}
