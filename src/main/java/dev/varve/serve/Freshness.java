package dev.varve.serve;

/**
 * How new an answer is.
 *
 * @param layoutVersion the layout that the rows follow
 * @param watermarkMs everything up to this event time was learned before the rows were read
 * @param staleMs how far behind the oldest copy was that was read, milliseconds of event time; 0
 *     where all was read from its owner
 */
record Freshness(long layoutVersion, long watermarkMs, long staleMs) {}
