package dev.varve.cluster;

import com.google.protobuf.UnsafeByteOperations;
import dev.varve.schema.ExplainShardRequest;
import dev.varve.schema.Explanation;
import dev.varve.schema.ReadAppliedReply;
import dev.varve.schema.ReadAppliedRequest;
import dev.varve.schema.ReadNewsReply;
import dev.varve.schema.ReadNewsRequest;
import dev.varve.schema.ReadRowsReply;
import dev.varve.schema.ReadRowsRequest;
import dev.varve.schema.ReadVectorsReply;
import dev.varve.schema.ReadVectorsRequest;
import dev.varve.schema.RowsOfTable;
import dev.varve.schema.ShardsGrpc.ShardsImplBase;
import dev.varve.store.ShardUnavailableException;
import dev.varve.store.StreamsEmbeddings;
import dev.varve.store.Vectors;
import dev.varve.table.RowKeys;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers other instances from the shards of this one, and from nothing else: a question is never
 * passed on.
 *
 * <p><b>Threads:</b> any asks; answers are made on threads of its own. Those of lookups may all
 * wait for other instances, whose threads wait for this one.
 */
final class ShardService extends ShardsImplBase {
  private static final Logger log = LoggerFactory.getLogger(ShardService.class);

  private final StreamsEmbeddings own;
  private final Executor threads;

  ShardService(StreamsEmbeddings own, Executor threads) {
    this.own = own;
    this.threads = threads;
  }

  @Override
  public void readVectors(ReadVectorsRequest request, StreamObserver<ReadVectorsReply> observer) {
    answer(observer, () -> vectors(request));
  }

  private ReadVectorsReply vectors(ReadVectorsRequest request) {
    int width = own.dimension();
    if (request.getWidth() != width) {
      throw Status.FAILED_PRECONDITION
          .withDescription(
              "model.dimension: %d (expected: %d, that of the instance asked)"
                  .formatted(request.getWidth(), width))
          .asRuntimeException();
    }
    long[] keys = keys(request);
    var found = new Vectors(keys.length, width, request.getTimes());
    long watermarkMs = 0;
    if (request.getCopy()) {
      watermarkMs = own.lookupCopy(request.getShard(), request.getTable(), keys, found);
    } else {
      own.lookup(request.getTable(), keys, 0, found);
    }
    var reply =
        ReadVectorsReply.newBuilder()
            .setVectors(Floats.pack(found.vectors(), keys.length * width))
            .setStatuses(UnsafeByteOperations.unsafeWrap(found.statuses()))
            .addAllDimensions(list(found.dimensions()))
            .setWatermarkMs(watermarkMs);
    long[] timesMs = found.timesMs();
    if (timesMs != null) {
      reply.addAllTimesMs(Arrays.stream(timesMs).boxed().toList());
    }
    return reply.build();
  }

  private static long[] keys(ReadVectorsRequest request) {
    var keys = new long[request.getKeysCount()];
    for (int i = 0; i < keys.length; i++) {
      keys[i] = request.getKeys(i);
    }
    return keys;
  }

  @Override
  public void readRows(ReadRowsRequest request, StreamObserver<ReadRowsReply> observer) {
    answer(observer, () -> rows(request));
  }

  private ReadRowsReply rows(ReadRowsRequest request) {
    var keys = new RowKeys();
    for (RowsOfTable of : request.getTablesList()) {
      for (int i = 0; i < of.getKeysCount(); i++) {
        keys.add(of.getTable(), of.getKeys(i), of.getUnderway(i), of.getOccurrences(i));
      }
    }
    int n = keys.size();
    var states = new float[n * request.getWidth()];
    var dimensions = new int[n];
    var found = new int[n];
    var popularities = new float[n];
    own.read(
        request.getShard(),
        keys,
        request.getAtMs(),
        states,
        request.getWidth(),
        dimensions,
        found,
        popularities);
    var reply =
        ReadRowsReply.newBuilder()
            .setStates(Floats.pack(states, states.length))
            .addAllDimensions(list(dimensions))
            .addAllFound(list(found));
    for (float popularity : popularities) {
      reply.addPopularities(popularity);
    }
    return reply.build();
  }

  @Override
  public void readApplied(ReadAppliedRequest request, StreamObserver<ReadAppliedReply> observer) {
    answer(
        observer,
        () ->
            ReadAppliedReply.newBuilder()
                .putAllEndOffsets(own.applied(request.getShard()))
                .build());
  }

  @Override
  public void readNews(ReadNewsRequest request, StreamObserver<ReadNewsReply> observer) {
    answer(
        observer,
        () -> {
          var reply = ReadNewsReply.newBuilder();
          own.news().forEach(news -> reply.addShards(NewsFormat.write(news)));
          return reply.build();
        });
  }

  @Override
  public void explain(ExplainShardRequest request, StreamObserver<Explanation> observer) {
    answer(observer, () -> own.explain(request.getTable(), request.getId()));
  }

  private static List<Integer> list(int[] values) {
    return Arrays.stream(values).boxed().toList();
  }

  private <T> void answer(StreamObserver<T> observer, Supplier<T> answer) {
    threads.execute(() -> answerNow(observer, answer));
  }

  private static <T> void answerNow(StreamObserver<T> observer, Supplier<T> answer) {
    T message;
    try {
      message = answer.get();
    } catch (StatusRuntimeException e) {
      observer.onError(e);
      return;
    } catch (ShardUnavailableException e) {
      observer.onError(
          Status.UNAVAILABLE.withDescription(e.getMessage()).withCause(e).asRuntimeException());
      return;
    } catch (RuntimeException e) {
      log.error("another instance: not answered", e);
      observer.onError(e);
      return;
    }
    observer.onNext(message);
    observer.onCompleted();
  }
}
