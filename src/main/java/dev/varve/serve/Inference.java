package dev.varve.serve;

import dev.varve.base.Check;
import dev.varve.store.Embeddings;
import dev.varve.store.LookupStatus;
import dev.varve.store.Vectors;
import java.time.Duration;
import java.util.SortedMap;
import java.util.stream.Collectors;

/**
 * What the Open Inference Protocol means here: a model is a table, its version the layout version.
 * REST and gRPC only translate to and from it.
 *
 * <p><b>Threads:</b> any.
 *
 * <p><b>Errors:</b> {@link RefusedException} for what the caller did wrong, {@link
 * dev.varve.store.ShardUnavailableException} for what will be right later.
 */
final class Inference {
  static final String PLATFORM = "varve";
  static final String WATERMARK = "watermark_ms";

  /** Most floats in one answer: 256 MiB raw, below 1 GiB as JSON, so every size fits an int. */
  private static final long MOST_FLOATS = 1L << 26;

  private static final int TABLES_NAMED = 8;

  /** How far behind a copy may be that answers for an owner which does not. */
  private static final Duration MOST_LAG = Duration.ofSeconds(30);

  private final Embeddings embeddings;
  private final int maxIds;
  private final LookupMeters meters;

  Inference(Embeddings embeddings, int maxIds, LookupMeters meters) {
    long most = MOST_FLOATS / embeddings.dimension();
    Check.that(
        maxIds <= most,
        "serve.max-ids",
        maxIds,
        "at most %d at base dimension %d".formatted(most, embeddings.dimension()));
    this.embeddings = embeddings;
    this.maxIds = maxIds;
    this.meters = meters;
  }

  int maxIds() {
    return maxIds;
  }

  /** Whether a lookup may wait for another instance. */
  boolean mayWait() {
    return embeddings.mayWait();
  }

  boolean ready() {
    return embeddings.ready();
  }

  /**
   * Whether lookups in a table can be answered now.
   *
   * @param version layout version; empty for the current one
   */
  boolean ready(String table, String version) {
    if (!embeddings.ready()) {
      return false;
    }
    metadata(table, version);
    return true;
  }

  /**
   * What is to be known of a table.
   *
   * @param version layout version; empty for the current one
   */
  ModelMetadata metadata(String table, String version) {
    requireTable(table);
    return ModelMetadata.of(table, currentVersion(version), embeddings.dimension());
  }

  /** Looks up the vectors of a request. */
  LookupAnswer lookup(LookupRequest request) {
    String version = currentVersion(request.version());
    // Read before the rows: the answer holds at least what this watermark promises.
    long watermarkMs = embeddings.watermarkMs();
    int n = request.keys().length;
    int dimension = embeddings.dimension();
    var found = new Vectors(n, dimension);
    embeddings.lookup(request.table(), request.keys(), MOST_LAG.toMillis(), found);
    int unknown = unknown(found.statuses());
    // A row found proves the table; only without one must all tables be summed up to find it.
    if (unknown == n) {
      requireTable(request.table());
    }
    meters.countIds(n, unknown);
    return new LookupAnswer(request, version, watermarkMs, found);
  }

  private String currentVersion(String version) {
    String current = Long.toString(embeddings.layoutVersion());
    if (!version.isEmpty() && !version.equals(current)) {
      throw RefusedException.notFound(
          "model_version", version, "%s, the current one, or none".formatted(current));
    }
    return current;
  }

  private void requireTable(String table) {
    var tables = embeddings.tables();
    if (!tables.containsKey(table)) {
      throw RefusedException.notFound("model", table, "a table; " + known(tables));
    }
  }

  private static String known(SortedMap<String, ?> tables) {
    if (tables.isEmpty()) {
      return "there is none yet";
    }
    String names = tables.keySet().stream().limit(TABLES_NAMED).collect(Collectors.joining(", "));
    return "there are " + names + (tables.size() > TABLES_NAMED ? ", …" : "");
  }

  private static int unknown(byte[] statuses) {
    int unknown = 0;
    for (byte status : statuses) {
      unknown += status == LookupStatus.UNKNOWN.code() ? 1 : 0;
    }
    return unknown;
  }
}
