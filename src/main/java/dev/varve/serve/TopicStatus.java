package dev.varve.serve;

/**
 * A topic, as {@code GET /api/topics} lists it.
 *
 * @param name in Kafka
 * @param purpose what it carries
 * @param records between the first and the last offset of all partitions
 * @param cleanup what Kafka does with old records: delete, compact or both
 */
public record TopicStatus(
    String name, String purpose, int partitions, long records, String cleanup) {}
