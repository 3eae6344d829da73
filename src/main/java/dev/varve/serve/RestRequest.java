package dev.varve.serve;

import java.util.Set;

/**
 * A lookup that came over HTTP.
 *
 * @param binary outputs that are to stand behind the answer's JSON, in binary
 */
record RestRequest(LookupRequest lookup, Set<Output> binary) {}
