package dev.varve.serve;

import java.util.List;
import java.util.SortedMap;

/**
 * What a client must know of a table to look things up in it; the names are the protocol's.
 *
 * @param name the table
 * @param versions the current layout version, the only one that is served
 * @param platform who serves it
 * @param inputs the ids
 * @param outputs what an answer may hold
 * @param properties what else is good to know: limits, and parameters that a request may have
 */
record ModelMetadata(
    String name,
    List<String> versions,
    String platform,
    List<Tensor> inputs,
    List<Tensor> outputs,
    SortedMap<String, String> properties) {
  /** A size that may be any. */
  static final long ANY = -1;

  /**
   * One input or output.
   *
   * @param datatype as the protocol names it
   * @param shape sizes; -1 where any size goes
   */
  record Tensor(String name, String datatype, List<Long> shape) {}
}
