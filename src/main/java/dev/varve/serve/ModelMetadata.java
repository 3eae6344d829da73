package dev.varve.serve;

import java.util.Arrays;
import java.util.List;

/**
 * What a client must know of a table to look things up in it; the names are the protocol's.
 *
 * @param name the table
 * @param versions the current layout version, the only one that is served
 * @param platform who serves it
 * @param inputs the ids
 * @param outputs what an answer may hold
 */
record ModelMetadata(
    String name,
    List<String> versions,
    String platform,
    List<Tensor> inputs,
    List<Tensor> outputs) {
  private static final long ANY = -1;

  /**
   * One input or output.
   *
   * @param datatype as the protocol names it
   * @param shape sizes; -1 where any size goes
   */
  record Tensor(String name, String datatype, List<Long> shape) {}

  static ModelMetadata of(String table, String version, int dimension) {
    return new ModelMetadata(
        table,
        List.of(version),
        Inference.PLATFORM,
        List.of(new Tensor(IdsTensor.NAME, IdsTensor.BYTES, List.of(ANY))),
        Output.ALL.stream().map(output -> tensor(output, dimension)).toList());
  }

  private static Tensor tensor(Output output, int dimension) {
    List<Long> shape = Arrays.stream(output.shape(ANY, dimension)).boxed().toList();
    return new Tensor(output.text(), output.datatype(), shape);
  }
}
