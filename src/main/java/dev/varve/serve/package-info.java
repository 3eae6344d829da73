/**
 * Lookups, predictions and status over HTTP and gRPC, thin over {@link dev.varve.store.Embeddings}
 * and {@link dev.varve.learn.LivePredictions}.
 *
 * <p>Begin with {@link dev.varve.serve.VarveServer}. A request is read by the reader of its
 * transport into the {@code Inputs} of its model, answered by {@code Inference}, which alone knows
 * what the Open Inference Protocol means here, with an {@code Answer}, and that is written by the
 * writer of its transport. {@code Failure} says what a caller is told of an exception, {@code
 * LookupThreads} which thread does the work. Who may call what is decided before that, by {@code
 * Access}, and how many at once by {@code LookupLimit}. Nothing here has state but these, the
 * meters and what {@code Credentials} has read.
 */
@NullMarked
package dev.varve.serve;

import org.jspecify.annotations.NullMarked;
