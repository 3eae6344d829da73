package dev.varve.serve;

import com.linecorp.armeria.server.ServiceRequestContext;
import dev.varve.schema.inference.GRPCInferenceServiceGrpc.GRPCInferenceServiceImplBase;
import dev.varve.schema.inference.ModelInferRequest;
import dev.varve.schema.inference.ModelInferResponse;
import dev.varve.schema.inference.ModelMetadataRequest;
import dev.varve.schema.inference.ModelMetadataResponse;
import dev.varve.schema.inference.ModelMetadataResponse.TensorMetadata;
import dev.varve.schema.inference.ModelReadyRequest;
import dev.varve.schema.inference.ModelReadyResponse;
import dev.varve.schema.inference.ModelStreamInferResponse;
import dev.varve.schema.inference.ServerLiveRequest;
import dev.varve.schema.inference.ServerLiveResponse;
import dev.varve.schema.inference.ServerMetadataRequest;
import dev.varve.schema.inference.ServerMetadataResponse;
import dev.varve.schema.inference.ServerReadyRequest;
import dev.varve.schema.inference.ServerReadyResponse;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.Supplier;

/** The Open Inference Protocol over gRPC. */
final class GrpcInference extends GRPCInferenceServiceImplBase {
  private final Inference inference;
  private final LookupMeters meters;
  private final String version;

  /**
   * The service.
   *
   * @param version of Varve
   */
  GrpcInference(Inference inference, LookupMeters meters, String version) {
    this.inference = inference;
    this.meters = meters;
    this.version = version;
  }

  @Override
  public void serverLive(ServerLiveRequest request, StreamObserver<ServerLiveResponse> observer) {
    answer(observer, "ServerLive", () -> ServerLiveResponse.newBuilder().setLive(true).build());
  }

  @Override
  public void serverReady(
      ServerReadyRequest request, StreamObserver<ServerReadyResponse> observer) {
    answer(
        observer,
        "ServerReady",
        () -> ServerReadyResponse.newBuilder().setReady(inference.ready()).build());
  }

  @Override
  public void modelReady(ModelReadyRequest request, StreamObserver<ModelReadyResponse> observer) {
    answer(
        observer,
        "ModelReady",
        () ->
            ModelReadyResponse.newBuilder()
                .setReady(inference.ready(request.getName(), request.getVersion()))
                .build());
  }

  @Override
  public void serverMetadata(
      ServerMetadataRequest request, StreamObserver<ServerMetadataResponse> observer) {
    answer(
        observer,
        "ServerMetadata",
        () ->
            ServerMetadataResponse.newBuilder()
                .setName(Inference.PLATFORM)
                .setVersion(version)
                .addAllExtensions(Inference.EXTENSIONS)
                .build());
  }

  @Override
  public void modelMetadata(
      ModelMetadataRequest request, StreamObserver<ModelMetadataResponse> observer) {
    answer(
        observer,
        "ModelMetadata",
        () -> write(inference.metadata(request.getName(), request.getVersion())));
  }

  @Override
  public void modelInfer(ModelInferRequest request, StreamObserver<ModelInferResponse> observer) {
    var ctx = ServiceRequestContext.current();
    thread(ctx, request).execute(() -> answer(observer, "ModelInfer", () -> infer(ctx, request)));
  }

  @Override
  public StreamObserver<ModelInferRequest> modelStreamInfer(
      StreamObserver<ModelStreamInferResponse> observer) {
    var ctx = ServiceRequestContext.current();
    // The time limit is one of requests; a stream lasts as long as its client likes.
    ctx.clearRequestTimeout();
    var answers = (ServerCallStreamObserver<ModelStreamInferResponse>) observer;
    return new GrpcStream(answers, request -> thread(ctx, request), request -> infer(ctx, request));
  }

  private Executor thread(ServiceRequestContext ctx, ModelInferRequest request) {
    Work work = inference.work(request.getModelName());
    return LookupThreads.executor(ctx, work, request.getSerializedSize(), inference.mayWait());
  }

  private ModelInferResponse infer(ServiceRequestContext ctx, ModelInferRequest request) {
    return meters.measure(
        LookupMeters.Protocol.GRPC,
        inference.work(request.getModelName()),
        ctx,
        () -> {
          Inputs inputs = inference.inputs(request.getModelName());
          RequestHead head = GrpcRequestReader.read(request, inputs);
          return GrpcAnswerWriter.write(inference.answer(head, inputs));
        });
  }

  private static ModelMetadataResponse write(ModelMetadata metadata) {
    return ModelMetadataResponse.newBuilder()
        .setName(metadata.name())
        .addAllVersions(metadata.versions())
        .setPlatform(metadata.platform())
        .addAllInputs(tensors(metadata.inputs()))
        .addAllOutputs(tensors(metadata.outputs()))
        .putAllProperties(metadata.properties())
        .build();
  }

  private static List<TensorMetadata> tensors(List<ModelMetadata.Tensor> tensors) {
    return tensors.stream()
        .map(
            tensor ->
                TensorMetadata.newBuilder()
                    .setName(tensor.name())
                    .setDatatype(tensor.datatype())
                    .addAllShape(tensor.shape())
                    .build())
        .toList();
  }

  private static <T> void answer(StreamObserver<T> observer, String rpc, Supplier<T> answer) {
    T message;
    try {
      message = answer.get();
    } catch (RuntimeException e) {
      Failure failure = Failure.logged(e, rpc);
      observer.onError(
          failure.outcome().grpc().withDescription(failure.message()).asRuntimeException());
      return;
    }
    observer.onNext(message);
    observer.onCompleted();
  }
}
