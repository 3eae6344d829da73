package dev.varve.cluster;

import com.linecorp.armeria.client.ClientFactory;
import com.linecorp.armeria.client.grpc.GrpcClients;
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
import dev.varve.schema.ShardsGrpc.ShardsFutureStub;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Another instance.
 *
 * <p><b>Threads:</b> any but an event loop, which would wait for itself.
 *
 * <p><b>Errors:</b> {@link PeerException} when it does not answer, or not with what was asked.
 */
final class Peer {
  /** Longer than a pause of its collector; shorter than anybody wants to wait for a vector. */
  private static final Duration LONGEST_ANSWER = Duration.ofSeconds(1);

  private final String address;
  private final ShardsFutureStub stub;
  private volatile boolean silent;

  Peer(String address, ClientFactory factory, int largestAnswer) {
    this.address = address;
    this.stub =
        GrpcClients.builder("gproto+http://" + address)
            .factory(factory)
            .responseTimeout(LONGEST_ANSWER)
            .maxResponseLength(largestAnswer)
            .maxResponseMessageLength(largestAnswer)
            .build(ShardsFutureStub.class);
  }

  String address() {
    return address;
  }

  /** Whether it has not answered when it was asked last: others are asked first then. */
  boolean isSilent() {
    return silent;
  }

  Future<ReadVectorsReply> vectors(ReadVectorsRequest request) {
    return stub.readVectors(request);
  }

  Future<ReadNewsReply> news() {
    return stub.readNews(ReadNewsRequest.getDefaultInstance());
  }

  ReadRowsReply rows(ReadRowsRequest request) {
    return await(stub.readRows(request));
  }

  ReadAppliedReply applied(int shard) {
    return await(stub.readApplied(ReadAppliedRequest.newBuilder().setShard(shard).build()));
  }

  Explanation explain(String table, String id) {
    return await(stub.explain(ExplainShardRequest.newBuilder().setTable(table).setId(id).build()));
  }

  /** Waits for an answer of this instance. */
  <T> T await(Future<T> answer) {
    try {
      T came = answer.get(2 * LONGEST_ANSWER.toMillis(), TimeUnit.MILLISECONDS);
      silent = false;
      return came;
    } catch (ExecutionException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      silent = PeerException.isSilence(cause);
      throw new PeerException(address, cause);
    } catch (TimeoutException e) {
      silent = true;
      throw new PeerException(address, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new PeerException(address, e);
    }
  }
}
