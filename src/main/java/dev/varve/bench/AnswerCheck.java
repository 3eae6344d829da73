package dev.varve.bench;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.linecorp.armeria.client.ClientFactory;
import com.linecorp.armeria.client.grpc.GrpcClients;
import dev.varve.base.Check;
import dev.varve.schema.inference.GRPCInferenceServiceGrpc.GRPCInferenceServiceBlockingStub;
import dev.varve.schema.inference.ModelInferResponse;
import dev.varve.serve.VarveServer;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.Arrays;
import java.util.SplittableRandom;

/** Whether all who are measured give the same vectors, those that the rows have. */
final class AnswerCheck {
  private static final int SAMPLES = 20;
  private static final int HTTP_OK = 200;

  private final ServedRows rows;
  private final SplittableRandom random;

  AnswerCheck(ServedRows rows, long seed) {
    this.rows = rows;
    this.random = new SplittableRandom(seed);
  }

  /**
   * Asks for some small and some large batches over gRPC, over REST and of Redis.
   *
   * @throws IllegalArgumentException when an answer is not right
   */
  void check(VarveServer server, RedisServer redis) throws IOException, InterruptedException {
    try (var connections = ClientFactory.builder().build();
        var http = HttpClient.newHttpClient()) {
      var grpc =
          GrpcClients.builder("gproto+http://127.0.0.1:" + server.grpcPort())
              .factory(connections)
              .build(GRPCInferenceServiceBlockingStub.class);
      URI rest =
          URI.create(
              "http://127.0.0.1:%d/v2/models/%s/infer"
                  .formatted(server.httpPort(), ServedRows.TABLE));
      for (int i = 0; i < SAMPLES; i++) {
        int n = i % 2 == 0 ? ServeLoads.SMALL_IDS : ServeLoads.LARGE_IDS;
        int[] ids = rows.draw(n, random);
        byte[] right = rows.vectors(ids);
        require("gRPC", grpc(grpc, ids), right);
        require("REST", rest(http, rest, ids), right);
        require("Redis", redis.vectors(ids), right);
      }
    }
  }

  private static byte[] grpc(GRPCInferenceServiceBlockingStub grpc, int[] ids)
      throws InvalidProtocolBufferException {
    ModelInferResponse answer = grpc.modelInfer(InferBodies.message(ids));
    ByteString vectors = answer.getRawOutputContents(0);
    return vectors.toByteArray();
  }

  /** The vectors stand first behind the JSON. */
  private static byte[] rest(HttpClient http, URI uri, int[] ids)
      throws IOException, InterruptedException {
    HttpResponse<byte[]> answer =
        http.send(
            HttpRequest.newBuilder(uri)
                .version(HttpClient.Version.HTTP_1_1)
                .header(
                    "Inference-Header-Content-Length",
                    Integer.toString(InferBodies.json(ids.length).length))
                .POST(BodyPublishers.ofByteArray(InferBodies.rest(ids)))
                .build(),
            BodyHandlers.ofByteArray());
    Check.that(answer.statusCode() == HTTP_OK, "REST", answer.statusCode(), "200");
    int from =
        Integer.parseInt(
            answer.headers().firstValue("Inference-Header-Content-Length").orElseThrow());
    return Arrays.copyOfRange(answer.body(), from, from + ids.length * ServedRows.VECTOR_BYTES);
  }

  private static void require(String who, byte[] vectors, byte[] right) {
    Check.that(Arrays.equals(vectors, right), who, "other vectors", "those of the rows");
  }
}
