/** Lookups and status over HTTP and gRPC, thin over {@link dev.varve.store.Embeddings}. */
@NullMarked
package dev.varve.serve;

import org.jspecify.annotations.NullMarked;
