package dev.varve.serve;

import com.google.protobuf.ByteString;
import dev.varve.schema.inference.InferTensorContents;
import dev.varve.schema.inference.ModelInferRequest;
import dev.varve.schema.inference.ModelInferRequest.InferInputTensor;
import dev.varve.schema.inference.ModelInferRequest.InferRequestedOutputTensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/** Reads a lookup from its protobuf form, with typed or raw ids. */
final class GrpcRequestReader {
  private GrpcRequestReader() {}

  /**
   * Reads a request.
   *
   * @throws RefusedException when it is no valid lookup
   */
  static LookupRequest read(ModelInferRequest request, int maxIds) {
    return new LookupRequest(
        request.getModelName(),
        request.getModelVersion(),
        request.getId(),
        keys(request, maxIds),
        outputs(request));
  }

  private static List<Output> outputs(ModelInferRequest request) {
    return Output.asked(
        request.getOutputsList().stream()
            .map(InferRequestedOutputTensor::getName)
            .map(Output::of)
            .toList());
  }

  private static long[] keys(ModelInferRequest request, int maxIds) {
    if (request.getInputsCount() != 1) {
      throw RefusedException.malformed("inputs", request.getInputsCount(), "one, ids");
    }
    InferInputTensor input = request.getInputs(0);
    if (input.getShapeCount() != 1) {
      throw IdsTensor.badShape(input.getShapeList().toString());
    }
    var ids = new IdsTensor(maxIds);
    ids.name(input.getName());
    ids.datatype(input.getDatatype());
    ids.shape(input.getShape(0));
    readData(request, input, ids);
    return ids.keys();
  }

  private static void readData(ModelInferRequest request, InferInputTensor input, IdsTensor ids) {
    if (request.getRawInputContentsCount() == 0) {
      readTyped(input.getContents(), ids);
      return;
    }
    if (input.getContents().getSerializedSize() > 0) {
      throw RefusedException.malformed(
          "inputs[0].contents", "ids", "none beside raw_input_contents");
    }
    if (request.getRawInputContentsCount() != 1) {
      throw RefusedException.malformed(
          "raw_input_contents", request.getRawInputContentsCount(), "one, as there is one input");
    }
    readRaw(request.getRawInputContents(0), ids);
  }

  private static void readTyped(InferTensorContents contents, IdsTensor ids) {
    if (ids.isInt64()) {
      for (int i = 0; i < contents.getInt64ContentsCount(); i++) {
        ids.add(contents.getInt64Contents(i));
      }
    } else {
      for (int i = 0; i < contents.getBytesContentsCount(); i++) {
        ids.add(contents.getBytesContents(i).toByteArray());
      }
    }
  }

  private static void readRaw(ByteString raw, IdsTensor ids) {
    ByteBuffer bytes = raw.asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
    if (ids.isInt64()) {
      readInt64(bytes, ids);
    } else {
      readBytes(bytes, ids);
    }
  }

  private static void readInt64(ByteBuffer bytes, IdsTensor ids) {
    if (bytes.remaining() % Long.BYTES != 0) {
      throw RefusedException.malformed(
          "raw_input_contents[0]", bytes.remaining() + " bytes", "8 bytes for each id of INT64");
    }
    while (bytes.hasRemaining()) {
      ids.add(bytes.getLong());
    }
  }

  private static void readBytes(ByteBuffer bytes, IdsTensor ids) {
    while (bytes.hasRemaining()) {
      int start = bytes.position();
      // The length is unsigned; from 2 GiB on it reads as negative and is beyond any body anyway.
      int length = bytes.remaining() < Integer.BYTES ? -1 : bytes.getInt();
      if (length < 0 || length > bytes.remaining()) {
        throw RefusedException.malformed(
            "raw_input_contents[0]",
            "an id cut short at byte " + start,
            "for each id of BYTES its length in 4 little-endian bytes, and its bytes");
      }
      var id = new byte[length];
      bytes.get(id);
      ids.add(id);
    }
  }
}
