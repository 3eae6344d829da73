package dev.varve.serve;

import java.util.Set;

/**
 * A request that came over HTTP, but for its inputs.
 *
 * @param binary outputs that are to stand behind the answer's JSON, in binary
 */
record RestRequest(RequestHead head, Set<Output> binary) {}
