package dev.varve.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.ByteString;
import dev.varve.schema.inference.GRPCInferenceServiceGrpc.GRPCInferenceServiceBlockingStub;
import dev.varve.schema.inference.InferTensorContents;
import dev.varve.schema.inference.ModelInferRequest;
import dev.varve.schema.inference.ModelInferRequest.InferInputTensor;
import dev.varve.schema.inference.ModelInferRequest.InferRequestedOutputTensor;
import dev.varve.schema.inference.ModelInferResponse;
import dev.varve.schema.inference.ModelInferResponse.InferOutputTensor;
import dev.varve.schema.inference.ModelMetadataRequest;
import dev.varve.schema.inference.ModelMetadataResponse.TensorMetadata;
import dev.varve.schema.inference.ModelReadyRequest;
import dev.varve.schema.inference.ServerLiveRequest;
import dev.varve.schema.inference.ServerMetadataRequest;
import dev.varve.schema.inference.ServerReadyRequest;
import dev.varve.store.ShardUnavailableException;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Collections;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class GrpcInferenceTest {
  private static final byte[] ONE = {1};

  private final FakeEmbeddings embeddings = FakeEmbeddings.users();
  private final RunningServer server = RunningServer.over(embeddings);
  private final GRPCInferenceServiceBlockingStub grpc = server.grpc();

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void answersTypedIdsRaw() {
    var response = grpc.modelInfer(int64(7, 8).setId("r-1").build());

    assertThat(response.getId()).isEqualTo("r-1");
    assertThat(response.getModelName()).isEqualTo("user");
    assertThat(response.getModelVersion()).isEqualTo("3");
    assertThat(response.getParametersOrThrow("watermark_ms").getInt64Param())
        .isEqualTo(FakeEmbeddings.WATERMARK_MS);
    assertThat(response.getOutputsList())
        .containsExactly(tensor("embeddings", "FP32", 2, 3), tensor("status", "INT8", 2));
    assertThat(floats(response, 0)).containsExactly(1, -2.5f, 0.1f, 0, 0, 0);
    assertThat(response.getRawOutputContents(1).toByteArray()).containsExactly(1, 0);
  }

  @Test
  void looksUpTypedBytes() {
    var request =
        request("BYTES", 2).toBuilder()
            .setContents(
                InferTensorContents.newBuilder()
                    .addBytesContents(ByteString.copyFromUtf8("a"))
                    .addBytesContents(ByteString.copyFromUtf8("7")));

    var response = grpc.modelInfer(infer().addInputs(request).build());

    assertThat(floats(response, 0)).containsExactly(4, 5, 6, 1, -2.5f, 0.1f);
  }

  @Test
  void looksUpRawInt64() {
    ByteBuffer raw = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN);
    raw.putLong(7).putLong(8).flip();

    var response =
        grpc.modelInfer(
            infer()
                .addInputs(request("INT64", 2))
                .addRawInputContents(ByteString.copyFrom(raw))
                .build());

    assertThat(floats(response, 0)).containsExactly(1, -2.5f, 0.1f, 0, 0, 0);
  }

  @Test
  void looksUpRawBytes() {
    var response = grpc.modelInfer(rawBytes(2, 1, 0, 0, 0, 'a', 1, 0, 0, 0, '7'));

    assertThat(floats(response, 0)).containsExactly(4, 5, 6, 1, -2.5f, 0.1f);
  }

  @Test
  void requestedOutputsSelectAndOrder() {
    var response = grpc.modelInfer(int64(7).addOutputs(output("status")).build());

    assertThat(response.getOutputsList()).containsExactly(tensor("status", "INT8", 1));
    assertThat(response.getRawOutputContentsList()).containsExactly(ByteString.copyFrom(ONE));
  }

  @Test
  void noIdsGiveEmptyTensors() {
    var response = grpc.modelInfer(int64().build());

    assertThat(response.getOutputs(0)).isEqualTo(tensor("embeddings", "FP32", 0, 3));
    assertThat(response.getRawOutputContents(0)).isEmpty();
  }

  @Test
  void unknownTableVersionAndOutputAreRefused() {
    assertRefused(
        Status.Code.NOT_FOUND,
        "model: nope (expected: a table; there are user)",
        () -> grpc.modelInfer(int64(7).setModelName("nope").build()));
    assertRefused(
        Status.Code.NOT_FOUND,
        "model_version: 2 (expected: 3, the current one, or none)",
        () -> grpc.modelInfer(int64(7).setModelVersion("2").build()));
    assertRefused(
        Status.Code.INVALID_ARGUMENT,
        "outputs: nope (expected: one of embeddings, status, dims, event_time_ms)",
        () -> grpc.modelInfer(int64(7).addOutputs(output("nope")).build()));
  }

  @Test
  void truncatedRawBytesAreRefused() {
    assertRefused(
        Status.Code.INVALID_ARGUMENT,
        "raw_input_contents[0]: an id cut short at byte 5 (expected: for each id of BYTES"
            + " its length in 4 little-endian bytes, and its bytes)",
        () -> grpc.modelInfer(rawBytes(2, 1, 0, 0, 0, 'a', 9, 0, 0, 0, '7')));
  }

  @Test
  void tooManyIdsAndTooLargeMessagesExhaustTheResource() {
    assertRefused(
        Status.Code.RESOURCE_EXHAUSTED,
        "inputs[0]: more ids (expected: at most 1000, serve.max-ids)",
        () -> grpc.modelInfer(int64(new long[RunningServer.MAX_IDS + 1]).build()));
    var large = ByteString.copyFrom(new byte[(int) RunningServer.MAX_BODY.count() + 1]);
    var refused =
        catchThrowableOfType(
            StatusRuntimeException.class,
            () -> grpc.modelInfer(infer().addRawInputContents(large).build()));
    assertThat(refused.getStatus().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
  }

  @Test
  void shardThatMovesIsUnavailable() {
    embeddings.fail(new ShardUnavailableException(2, "restoring"));

    assertRefused(
        Status.Code.UNAVAILABLE,
        "shard 2: restoring (expected: running; try again)",
        () -> grpc.modelInfer(int64(7).build()));
  }

  @Test
  void unexpectedFailureTellsNothingOfItself() {
    embeddings.fail(new IllegalStateException("secret"));

    assertRefused(
        Status.Code.INTERNAL,
        "request: failed (expected: an answer; the server's log says why)",
        () -> grpc.modelInfer(int64(7).build()));
  }

  @Test
  void largeLookupLeavesTheEventLoop() {
    grpc.modelInfer(int64(7).build());
    assertThat(embeddings.lookupThread()).contains("worker");

    long[] many = Collections.nCopies(900, 1L << 60).stream().mapToLong(id -> id).toArray();
    grpc.modelInfer(int64(many).build());
    assertThat(embeddings.lookupThread()).contains("blocking");
  }

  @Test
  void readinessFollowsTheShards() {
    var user = ModelReadyRequest.newBuilder().setName("user").build();
    assertThat(grpc.serverReady(ServerReadyRequest.getDefaultInstance()).getReady()).isTrue();
    assertThat(grpc.modelReady(user).getReady()).isTrue();
    assertRefused(
        Status.Code.NOT_FOUND,
        "model: nope (expected: a table; there are user)",
        () -> grpc.modelReady(user.toBuilder().setName("nope").build()));

    embeddings.fail(new ShardUnavailableException(0, "starting"));

    assertThat(grpc.serverLive(ServerLiveRequest.getDefaultInstance()).getLive()).isTrue();
    assertThat(grpc.serverReady(ServerReadyRequest.getDefaultInstance()).getReady()).isFalse();
    assertThat(grpc.modelReady(user).getReady()).isFalse();
  }

  @Test
  void metadataDescribesServerAndTable() {
    var aboutServer = grpc.serverMetadata(ServerMetadataRequest.getDefaultInstance());
    var user = grpc.modelMetadata(ModelMetadataRequest.newBuilder().setName("user").build());

    assertThat(aboutServer.getName()).isEqualTo("varve");
    assertThat(aboutServer.getVersion()).isEqualTo("1.2.3");
    assertThat(aboutServer.getExtensionsList()).containsExactly("binary_tensor_data", "parameters");
    assertThat(user.getName()).isEqualTo("user");
    assertThat(user.getVersionsList()).containsExactly("3");
    assertThat(user.getInputsList()).containsExactly(metadata("ids", "BYTES", -1));
    assertThat(user.getOutputsList())
        .containsExactly(
            metadata("embeddings", "FP32", -1, 3),
            metadata("status", "INT8", -1),
            metadata("dims", "INT32", -1),
            metadata("event_time_ms", "INT64", -1));
    assertThat(user.getPropertiesMap())
        .containsEntry("max_ids", "1000")
        .containsEntry("parameters", "embeddings_datatype, max_staleness_ms, pad, pooling");
  }

  private static void assertRefused(Status.Code code, String message, ThrowingCallable call) {
    var refused = catchThrowableOfType(StatusRuntimeException.class, call);
    assertThat(refused.getStatus().getDescription()).isEqualTo(message);
    assertThat(refused.getStatus().getCode()).isEqualTo(code);
  }

  private static ModelInferRequest.Builder infer() {
    return ModelInferRequest.newBuilder().setModelName("user");
  }

  private static InferInputTensor request(String datatype, long n) {
    return InferInputTensor.newBuilder().setName("ids").setDatatype(datatype).addShape(n).build();
  }

  private static ModelInferRequest.Builder int64(long... ids) {
    var contents = InferTensorContents.newBuilder();
    for (long id : ids) {
      contents.addInt64Contents(id);
    }
    return infer().addInputs(request("INT64", ids.length).toBuilder().setContents(contents));
  }

  private static ModelInferRequest rawBytes(long n, int... bytes) {
    var raw = ByteString.newOutput();
    for (int b : bytes) {
      raw.write(b);
    }
    return infer().addInputs(request("BYTES", n)).addRawInputContents(raw.toByteString()).build();
  }

  private static InferRequestedOutputTensor output(String name) {
    return InferRequestedOutputTensor.newBuilder().setName(name).build();
  }

  private static InferOutputTensor tensor(String name, String datatype, long... shape) {
    var tensor = InferOutputTensor.newBuilder().setName(name).setDatatype(datatype);
    for (long size : shape) {
      tensor.addShape(size);
    }
    return tensor.build();
  }

  private static TensorMetadata metadata(String name, String datatype, long... shape) {
    var tensor = TensorMetadata.newBuilder().setName(name).setDatatype(datatype);
    for (long size : shape) {
      tensor.addShape(size);
    }
    return tensor.build();
  }

  private static float[] floats(ModelInferResponse response, int output) {
    var raw = response.getRawOutputContents(output);
    var floats = new float[raw.size() / Float.BYTES];
    raw.asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(floats);
    return floats;
  }
}
