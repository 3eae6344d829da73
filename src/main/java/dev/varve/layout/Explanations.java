package dev.varve.layout;

import dev.varve.schema.Explanation;

/** Tells what is known of a category. */
@FunctionalInterface
public interface Explanations {
  /**
   * Asks the shard that owns the category. Called on the thread of the balance part, which waits.
   *
   * @param table name of a feature that has a table
   * @param id the category's text
   * @throws RuntimeException when the shard cannot be asked now; the message becomes the command's
   *     answer
   */
  Explanation explain(String table, String id);
}
