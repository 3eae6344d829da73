package dev.varve.topology;

import java.time.Duration;

/**
 * What was read again from changelogs.
 *
 * @param records of all changelogs, those that later ones supersede as well
 * @param took from the begin of the first to the end of the last that has ended
 */
public record Restored(long records, Duration took) {}
