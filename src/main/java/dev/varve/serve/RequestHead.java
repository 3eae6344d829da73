package dev.varve.serve;

import java.util.List;

/**
 * What a request says beside its inputs.
 *
 * @param version layout version; empty for the current one
 * @param id given back in the answer; empty for none
 * @param outputs the tensors of the answer, in its order
 */
record RequestHead(
    String model, String version, String id, List<Output> outputs, RequestParameters parameters) {}
