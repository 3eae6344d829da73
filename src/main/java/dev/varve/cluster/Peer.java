package dev.varve.cluster;

import com.linecorp.armeria.client.ClientFactory;
import com.linecorp.armeria.client.grpc.GrpcClients;
import com.linecorp.armeria.common.HttpHeaderNames;
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
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

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

  private static final Logger log = LoggerFactory.getLogger(Peer.class);

  private final String address;
  private final ShardsFutureStub stub;
  private final AtomicBoolean silent = new AtomicBoolean();

  Peer(String address, PeerAccess access, ClientFactory connections, int largestAnswer) {
    this.address = address;
    this.stub =
        GrpcClients.builder(access.scheme() + address)
            .factory(connections)
            .responseTimeout(LONGEST_ANSWER)
            .maxResponseLength(largestAnswer)
            .maxResponseMessageLength(largestAnswer)
            .decorator(
                (delegate, ctx, request) -> {
                  String token = access.token();
                  if (!token.isEmpty()) {
                    ctx.setAdditionalRequestHeader(
                        HttpHeaderNames.AUTHORIZATION, "Bearer " + token);
                  }
                  return delegate.execute(ctx, request);
                })
            .build(ShardsFutureStub.class);
  }

  String address() {
    return address;
  }

  /** Whether it has not answered when it was asked last: others are asked first then. */
  boolean isSilent() {
    return silent.get();
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
      heard();
      return came;
    } catch (ExecutionException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      var unanswered = new PeerException(address, cause);
      if (PeerException.isSilence(cause)) {
        notHeard(unanswered);
      } else {
        heard();
      }
      throw unanswered;
    } catch (TimeoutException e) {
      var unanswered = new PeerException(address, e);
      notHeard(unanswered);
      throw unanswered;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new PeerException(address, e);
    }
  }

  private void heard() {
    // Nothing is written while all is well: many threads ask.
    if (silent.get() && silent.getAndSet(false)) {
      log.info("instance {}: answers again", address);
    }
  }

  private void notHeard(PeerException why) {
    if (!silent.getAndSet(true)) {
      log.warn("instance {}; others answer for it, as far as they have copies", why.getMessage());
    }
  }
}
