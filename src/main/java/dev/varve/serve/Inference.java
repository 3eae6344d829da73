package dev.varve.serve;

import dev.varve.base.Check;
import dev.varve.learn.LivePredictions;
import dev.varve.serve.ModelMetadata.Tensor;
import dev.varve.store.Embeddings;
import dev.varve.store.LookupStatus;
import dev.varve.store.Vectors;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * What the Open Inference Protocol means here: a model is a table, or the one that predicts; its
 * version is the layout version. REST and gRPC only translate to and from it.
 *
 * <p><b>Threads:</b> any.
 *
 * <p><b>Errors:</b> {@link RefusedException} for what the caller did wrong, {@link
 * dev.varve.store.ShardUnavailableException} for what will be right later.
 */
final class Inference {
  static final String PLATFORM = "varve";

  /** What of the protocol's extensions is offered. */
  static final List<String> EXTENSIONS = List.of("binary_tensor_data", "parameters");

  /** Most floats in one answer: 256 MiB raw, below 1 GiB as JSON, so every size fits an int. */
  private static final long MOST_FLOATS = 1L << 26;

  private static final int TABLES_NAMED = 8;

  private final Embeddings embeddings;
  private final int maxIds;
  private final long maxStalenessMs;
  private final String scoreModel;
  private final Scoring scoring;
  private final LookupMeters meters;

  Inference(
      Embeddings embeddings, LivePredictions predictions, ServeConfig config, LookupMeters meters) {
    int maxIds = config.maxIds();
    long most = MOST_FLOATS / embeddings.dimension();
    Check.that(
        maxIds <= most,
        "serve.max-ids",
        maxIds,
        "at most %d at base dimension %d".formatted(most, embeddings.dimension()));
    this.embeddings = embeddings;
    this.maxIds = maxIds;
    this.maxStalenessMs = config.maxStaleness().toMillis();
    this.scoreModel = config.scoreModel();
    this.scoring = new Scoring(predictions, maxIds);
    this.meters = meters;
  }

  /** What a request to a model is for. */
  Work work(String model) {
    return model.equals(scoreModel) ? Work.SCORE : Work.LOOKUP;
  }

  /** Whether a lookup may wait for another instance. */
  boolean mayWait() {
    return embeddings.mayWait();
  }

  boolean ready() {
    return embeddings.ready();
  }

  /**
   * Whether a model can be used now.
   *
   * @param version layout version; empty for the current one
   */
  boolean ready(String model, String version) {
    if (!embeddings.ready()) {
      return false;
    }
    metadata(model, version);
    return true;
  }

  /**
   * What is to be known of a model.
   *
   * @param version layout version; empty for the current one
   */
  ModelMetadata metadata(String model, String version) {
    return switch (work(model)) {
      case LOOKUP -> tableMetadata(model, version);
      case SCORE ->
          new ModelMetadata(
              model,
              List.of(Long.toString(currentVersion(version))),
              PLATFORM,
              scoring.features(),
              List.of(tensor(Output.PROBABILITY, Datatype.FP32, ModelMetadata.ANY)),
              new TreeMap<>(Map.of("max_ids", Integer.toString(maxIds), "parameters", "pad")));
    };
  }

  private ModelMetadata tableMetadata(String table, String version) {
    requireTable(table);
    return new ModelMetadata(
        table,
        List.of(Long.toString(currentVersion(version))),
        PLATFORM,
        List.of(new Tensor(IdsTensor.NAME, InputTensor.BYTES, List.of(ModelMetadata.ANY))),
        List.of(
            tensor(Output.EMBEDDINGS, Datatype.FP32, ModelMetadata.ANY, embeddings.dimension()),
            tensor(Output.STATUS, Datatype.INT8, ModelMetadata.ANY),
            tensor(Output.DIMS, Datatype.INT32, ModelMetadata.ANY),
            tensor(Output.EVENT_TIME_MS, Datatype.INT64, ModelMetadata.ANY)),
        new TreeMap<>(
            Map.of(
                "ids_datatypes",
                "BYTES, INT64",
                "ids_shapes",
                "[n], [n, k]",
                "max_ids",
                Integer.toString(maxIds),
                "max_staleness_ms",
                Long.toString(maxStalenessMs),
                "parameters",
                RequestParameters.NAMES)));
  }

  private static Tensor tensor(Output output, Datatype datatype, long... shape) {
    return new Tensor(output.text(), datatype.name(), Arrays.stream(shape).boxed().toList());
  }

  /** What receives the inputs of a request to a model. */
  Inputs inputs(String model) {
    return switch (work(model)) {
      case LOOKUP -> new LookupInputs(maxIds);
      case SCORE -> scoring.inputs();
    };
  }

  /** Answers a request whose inputs were read into {@link #inputs}. */
  Answer answer(RequestHead head, Inputs inputs) {
    return switch (inputs) {
      case LookupInputs lookup -> lookup(lookup.request(head));
      case ScoreInputs score -> score(head, score);
    };
  }

  private ScoreAnswer score(RequestHead head, ScoreInputs inputs) {
    long version = currentVersion(head.version());
    // Read before the rows, as for lookups.
    var freshness = new Freshness(version, embeddings.watermarkMs(), 0);
    ScoreAnswer answer = scoring.answer(head, inputs, freshness);
    meters.countExamples(answer.values(Output.PROBABILITY));
    return answer;
  }

  /** Looks up the vectors of a request. */
  LookupAnswer lookup(LookupRequest request) {
    long version = currentVersion(request.version());
    // Read before the rows: the answer holds at least what this watermark promises.
    long watermarkMs = embeddings.watermarkMs();
    long[] keys = request.keys();
    RequestParameters parameters = request.parameters();
    boolean withTimes = request.outputs().contains(Output.EVENT_TIME_MS);
    var found = new Vectors(keys.length, embeddings.dimension(), withTimes);
    Long mostLagMs = parameters.maxStalenessMs();
    embeddings.lookup(request.table(), keys, mostLagMs == null ? maxStalenessMs : mostLagMs, found);
    int padding = forgetPadding(keys, parameters.pad(), found);
    int unknown = unknown(found.statuses());
    // A row found proves the table; only without one must all tables be summed up to find it.
    if (unknown == keys.length) {
      requireTable(request.table());
    }
    meters.countIds(keys.length - padding, unknown - padding);
    var freshness = new Freshness(version, watermarkMs, found.lagMs());
    Pooling pooling = parameters.pooling();
    if (pooling == null) {
      return new LookupAnswer(request.head(), freshness, found, request.shape());
    }
    int n = (int) request.shape()[0];
    int k = (int) request.shape()[1];
    Vectors pooled = pooling.pool(found, keys, parameters.pad(), n, k);
    return new LookupAnswer(request.head(), freshness, pooled, new long[] {n});
  }

  /** Of padding nothing is known, whatever was found; gives how much there is. */
  private static int forgetPadding(long[] keys, long pad, Vectors found) {
    int padding = 0;
    for (int i = 0; i < keys.length; i++) {
      if (keys[i] == pad) {
        padding++;
        Arrays.fill(found.vectors(), i * found.width(), (i + 1) * found.width(), 0);
        found.statuses()[i] = LookupStatus.UNKNOWN.code();
        found.dimensions()[i] = 0;
        long[] timesMs = found.timesMs();
        if (timesMs != null) {
          timesMs[i] = 0;
        }
      }
    }
    return padding;
  }

  private long currentVersion(String version) {
    long current = embeddings.layoutVersion();
    if (!version.isEmpty() && !version.equals(Long.toString(current))) {
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
