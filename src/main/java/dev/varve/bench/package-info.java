/**
 * Measures the embedding store on the machine that it runs on: {@code varve bench store}. One class
 * for each question, with the question in its Javadoc.
 *
 * <p>Everything is measured on the classes that are in production, with rows of the real encoding,
 * keys in an order that no cache likes, and results that are checked. Begin with {@link
 * dev.varve.bench.StoreBench}.
 */
@NullMarked
package dev.varve.bench;

import org.jspecify.annotations.NullMarked;
