package dev.varve.bench;

import com.google.protobuf.ByteString;
import dev.varve.schema.inference.ModelInferRequest;
import dev.varve.schema.inference.ModelInferRequest.InferInputTensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Bodies of requests to look up ids, INT64 in raw form, as the load generators send them. */
final class InferBodies {
  private static final int FRAME_BYTES = 5;

  private InferBodies() {}

  /** A message as gRPC frames it. */
  static byte[] grpc(int[] ids) {
    byte[] message = message(ids).toByteArray();
    return ByteBuffer.allocate(FRAME_BYTES + message.length)
        .put((byte) 0)
        .putInt(message.length)
        .put(message)
        .array();
  }

  static ModelInferRequest message(int[] ids) {
    return ModelInferRequest.newBuilder()
        .setModelName(ServedRows.TABLE)
        .addInputs(
            InferInputTensor.newBuilder().setName("ids").setDatatype("INT64").addShape(ids.length))
        .addRawInputContents(ByteString.copyFrom(raw(ids)))
        .build();
  }

  /** The JSON before the ids of a body for REST; the same for all bodies of as many ids. */
  static byte[] json(int ids) {
    return """
    {"inputs":[{"name":"ids","datatype":"INT64","shape":[%d],\
    "parameters":{"binary_data_size":%d}}],"parameters":{"binary_data_output":true}}\
    """
        .formatted(ids, ids * Long.BYTES)
        .getBytes(StandardCharsets.US_ASCII);
  }

  static byte[] rest(int[] ids) {
    byte[] json = json(ids.length);
    byte[] raw = raw(ids);
    return ByteBuffer.allocate(json.length + raw.length).put(json).put(raw).array();
  }

  private static byte[] raw(int[] ids) {
    ByteBuffer raw = ByteBuffer.allocate(ids.length * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (int id : ids) {
      raw.putLong(id);
    }
    return raw.array();
  }
}
