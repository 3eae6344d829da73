package dev.varve.serve;

import static dev.varve.testing.Cases.forAll;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.varve.schema.inference.InferParameter;
import dev.varve.schema.inference.InferTensorContents;
import dev.varve.schema.inference.ModelInferRequest;
import dev.varve.schema.inference.ModelInferRequest.InferInputTensor;
import dev.varve.schema.inference.ModelInferRequest.InferRequestedOutputTensor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/** Whatever the message, it is a request or a refusal that says why. */
class GrpcRequestFuzzTest {
  private static final int MAX_IDS = 100;
  private static final int CASES = 20_000;

  private final FakeRows rows = new FakeRows();

  private static InferInputTensor.Builder input(String name, String datatype, long... shape) {
    var input = InferInputTensor.newBuilder().setName(name).setDatatype(datatype);
    for (long size : shape) {
      input.addShape(size);
    }
    return input;
  }

  private static InferParameter text(String value) {
    return InferParameter.newBuilder().setStringParam(value).build();
  }

  private static ModelInferRequest lookup() {
    return ModelInferRequest.newBuilder()
        .setModelName("user")
        .addInputs(input("ids", "BYTES", 1, 2))
        .addRawInputContents(ByteString.copyFrom(new byte[] {1, 0, 0, 0, 'a', 0, 0, 0, 0}))
        .addOutputs(InferRequestedOutputTensor.newBuilder().setName("dims"))
        .putParameters("pooling", text("sum"))
        .putParameters("pad", InferParameter.newBuilder().setInt64Param(7).build())
        .putParameters("max_staleness_ms", InferParameter.newBuilder().setUint64Param(7).build())
        .build();
  }

  private static ModelInferRequest score() {
    var users = InferTensorContents.newBuilder().addInt64Contents(1).addInt64Contents(-2);
    var prices = InferTensorContents.newBuilder().addFp32Contents(1.5f).addFp32Contents(3);
    return ModelInferRequest.newBuilder()
        .setModelName("score")
        .addInputs(input("user", "INT64", 2).setContents(users))
        .addInputs(input("price", "FP32", 2).setContents(prices))
        .build();
  }

  @Test
  void aMutatedLookupIsReadOrRefusedWithAReason() {
    mutate(
        lookup(),
        request ->
            isRefused(
                () -> {
                  var inputs = new LookupInputs(MAX_IDS);
                  var read = inputs.request(GrpcRequestReader.read(request, inputs));
                  assertThat(read.keys().length).isLessThanOrEqualTo(MAX_IDS);
                }));
  }

  @Test
  void mutatedExamplesAreReadOrRefusedWithAReason() {
    mutate(
        score(),
        request ->
            isRefused(
                () -> {
                  var inputs = new ScoreInputs(rows.features(), MAX_IDS);
                  var head = GrpcRequestReader.read(request, inputs);
                  assertThat(inputs.examples(head.parameters().pad(), 1))
                      .hasSizeLessThanOrEqualTo(MAX_IDS);
                }));
    assertThat(rows.features().size()).as("asking teaches nothing").isEqualTo(5);
  }

  private static void mutate(ModelInferRequest good, Predicate<ModelInferRequest> isRefused) {
    assertThat(isRefused.test(good)).isFalse();
    var parsed = new AtomicInteger();
    var refused = new AtomicInteger();
    forAll(
        CASES,
        random -> {
          byte[] bytes = good.toByteArray();
          for (int edits = random.nextInt(1, 4); edits > 0; edits--) {
            bytes[random.nextInt(bytes.length)] = mutated(random);
          }
          try {
            var request = ModelInferRequest.parseFrom(bytes);
            parsed.incrementAndGet();
            refused.addAndGet(isRefused.test(request) ? 1 : 0);
          } catch (InvalidProtocolBufferException e) {
            // Never gets as far as the reader.
          }
        });
    assertThat(parsed.get()).isGreaterThan(CASES / 5);
    assertThat(refused.get()).isBetween(CASES / 20, parsed.get() - 1);
  }

  /** Small numbers and letters change more than others do: they are sizes and fields. */
  private static byte mutated(RandomGenerator random) {
    return (byte) (random.nextBoolean() ? random.nextInt(8) : random.nextInt());
  }

  private static boolean isRefused(Runnable reading) {
    try {
      reading.run();
      return false;
    } catch (RefusedException e) {
      var failure = Failure.of(e);
      assertThat(failure.outcome()).isIn(Outcome.MALFORMED, Outcome.TOO_LARGE);
      assertThat(failure.message()).matches("(?s)\\S+: .+ \\(expected: .+\\)").hasSizeLessThan(500);
      return true;
    }
  }
}
