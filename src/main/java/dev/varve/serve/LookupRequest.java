package dev.varve.serve;

import java.util.List;

/** A valid lookup, whichever transport brought it. Owns its arrays. */
final class LookupRequest {
  private final String table;
  private final String version;
  private final String id;
  private final long[] keys;
  private final List<Output> outputs;

  /**
   * A request.
   *
   * @param version layout version; empty for the current one
   * @param id given back in the answer; empty for none
   * @param keys the categories, in the order of the answer
   * @param outputs the tensors of the answer, in its order
   */
  LookupRequest(String table, String version, String id, long[] keys, List<Output> outputs) {
    this.table = table;
    this.version = version;
    this.id = id;
    this.keys = keys;
    this.outputs = outputs;
  }

  String table() {
    return table;
  }

  String version() {
    return version;
  }

  String id() {
    return id;
  }

  long[] keys() {
    return keys;
  }

  List<Output> outputs() {
    return outputs;
  }
}
