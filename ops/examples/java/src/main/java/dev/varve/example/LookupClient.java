package dev.varve.example;

import com.google.protobuf.ByteString;
import dev.varve.schema.inference.GRPCInferenceServiceGrpc;
import dev.varve.schema.inference.GRPCInferenceServiceGrpc.GRPCInferenceServiceBlockingStub;
import dev.varve.schema.inference.InferTensorContents;
import dev.varve.schema.inference.ModelInferRequest;
import dev.varve.schema.inference.ModelInferRequest.InferInputTensor;
import dev.varve.schema.inference.ModelInferRequest.InferRequestedOutputTensor;
import dev.varve.schema.inference.ModelInferResponse;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.StatusRuntimeException;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Looks up vectors with nothing but gRPC: {@code HOST:PORT TABLE ID...}. */
public final class LookupClient implements AutoCloseable {
  private static final String[] STATUSES = {"unknown", "row", "tail"};

  private final ManagedChannel channel;
  private final GRPCInferenceServiceBlockingStub stub;

  /** Connects when it is first asked. One client serves any number of threads. */
  public LookupClient(String target) {
    channel = ManagedChannelBuilder.forTarget(target).usePlaintext().build();
    stub = GRPCInferenceServiceGrpc.newBlockingStub(channel);
  }

  /** A vector, and where it came from. */
  public record Found(String id, String status, float[] vector) {}

  /**
   * Looks up a batch.
   *
   * @throws StatusRuntimeException NOT_FOUND for a table that there is not, UNAVAILABLE while a
   *     shard moves: ask again
   */
  public List<Found> lookup(String table, List<String> ids) {
    var data = InferTensorContents.newBuilder();
    ids.forEach(id -> data.addBytesContents(ByteString.copyFromUtf8(id)));
    var request =
        ModelInferRequest.newBuilder()
            .setModelName(table)
            .addInputs(
                InferInputTensor.newBuilder()
                    .setName("ids")
                    .setDatatype("BYTES")
                    .addShape(ids.size())
                    .setContents(data))
            .addOutputs(InferRequestedOutputTensor.newBuilder().setName("embeddings"))
            .addOutputs(InferRequestedOutputTensor.newBuilder().setName("status"))
            .build();
    ModelInferResponse answer = stub.withDeadlineAfter(10, TimeUnit.SECONDS).modelInfer(request);
    int width = (int) answer.getOutputs(0).getShape(1);
    // Outputs are raw, little-endian, in the order that was asked for.
    FloatBuffer vectors =
        answer
            .getRawOutputContents(0)
            .asReadOnlyByteBuffer()
            .order(ByteOrder.LITTLE_ENDIAN)
            .asFloatBuffer();
    ByteString statuses = answer.getRawOutputContents(1);
    var found = new ArrayList<Found>();
    for (int i = 0; i < ids.size(); i++) {
      float[] vector = new float[width];
      vectors.get(vector);
      found.add(new Found(ids.get(i), STATUSES[statuses.byteAt(i)], vector));
    }
    return found;
  }

  @Override
  public void close() {
    channel.shutdown();
  }

  /** Prints a line for each id: the id, its status, its vector. */
  public static void main(String[] args) {
    if (args.length < 3) {
      System.err.println("arguments: " + args.length + " (expected: HOST:PORT TABLE ID...)");
      System.exit(2);
    }
    try (var client = new LookupClient(args[0])) {
      for (Found found : client.lookup(args[1], List.of(args).subList(2, args.length))) {
        var line = new StringBuilder(found.id()).append(' ').append(found.status());
        for (float value : found.vector()) {
          line.append(' ').append(value);
        }
        System.out.println(line);
      }
    } catch (StatusRuntimeException e) {
      System.err.println(e.getStatus().getCode() + ": " + e.getStatus().getDescription());
      System.exit(1);
    }
  }
}
