package dev.varve.schema;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.Descriptors.MethodDescriptor;
import dev.varve.schema.inference.ModelInferRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class SchemasTest {
  private static final Path SCHEMAS = Path.of("schemas");

  /** What must have a comment: fields, enum values, oneofs, rpcs. */
  private static final Pattern MEMBER =
      Pattern.compile(
          "(?:(?:repeated |optional )?[\\w.]+(?:<[\\w., ]+>)? (\\w+) = \\d+;"
              + "|(\\w+) = -?\\d+;"
              + "|oneof (\\w+) \\{"
              + "|rpc (\\w+)\\(.*)");

  private static List<FileDescriptor> files() {
    return List.of(
        Example.getDescriptor().getFile(),
        UpdateBatch.getDescriptor().getFile(),
        Census.getDescriptor().getFile(),
        Layout.getDescriptor().getFile(),
        DenseModel.getDescriptor().getFile(),
        Command.getDescriptor().getFile(),
        BalanceState.getDescriptor().getFile(),
        Quality.getDescriptor().getFile(),
        JoinReport.getDescriptor().getFile(),
        ShardState.getDescriptor().getFile(),
        ReadNewsReply.getDescriptor().getFile(),
        ModelInferRequest.getDescriptor().getFile());
  }

  @Test
  void theFilesAreThoseThatTheClassesComeFrom() throws IOException {
    try (Stream<Path> walk = Files.walk(SCHEMAS)) {
      assertThat(walk.filter(path -> path.toString().endsWith(".proto")))
          .extracting(path -> SCHEMAS.relativize(path).toString())
          .containsExactlyInAnyOrderElementsOf(
              files().stream().map(FileDescriptor::getName).toList());
    }
  }

  @ParameterizedTest
  @MethodSource("files")
  void everyMemberHasAComment(FileDescriptor file) throws IOException {
    List<String> lines = Files.readAllLines(SCHEMAS.resolve(file.getName()));
    assertThat(lines.getFirst()).startsWith("// ");
    List<String> members = new ArrayList<>();
    List<String> bare = new ArrayList<>();
    for (int i = 1; i < lines.size(); i++) {
      var member = MEMBER.matcher(lines.get(i).strip());
      if (member.matches()) {
        members.add(lines.get(i));
        if (!lines.get(i - 1).strip().startsWith("// ")) {
          bare.add(lines.get(i).strip());
        }
      }
    }
    assertThat(bare).as("members of %s without a comment", file.getName()).isEmpty();
    assertThat(members).as("members that were found").hasSize(members(file));
  }

  private static int members(FileDescriptor file) {
    int rpcs = file.getServices().stream().mapToInt(service -> service.getMethods().size()).sum();
    int values = file.getEnumTypes().stream().mapToInt(of -> of.getValues().size()).sum();
    return rpcs + values + file.getMessageTypes().stream().mapToInt(SchemasTest::members).sum();
  }

  private static int members(Descriptor message) {
    if (message.getOptions().getMapEntry()) {
      return 0;
    }
    int values = message.getEnumTypes().stream().mapToInt(of -> of.getValues().size()).sum();
    int nested = message.getNestedTypes().stream().mapToInt(SchemasTest::members).sum();
    return message.getFields().size() + message.getRealOneofs().size() + values + nested;
  }

  // -- the Open Inference Protocol: unmodified clients rely on each of these

  private static final FileDescriptor INFERENCE = ModelInferRequest.getDescriptor().getFile();

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          ServerLiveRequest          |
          ServerLiveResponse         | bool live=1
          ServerReadyRequest         |
          ServerReadyResponse        | bool ready=1
          ModelReadyRequest          | string name=1, string version=2
          ModelReadyResponse         | bool ready=1
          ServerMetadataRequest      |
          ServerMetadataResponse     | string name=1, string version=2, string[] extensions=3
          ModelMetadataRequest       | string name=1, string version=2
          ModelMetadataResponse      | string name=1, string[] versions=2, string platform=3, \
          TensorMetadata[] inputs=4, TensorMetadata[] outputs=5, \
          PropertiesEntry[] properties=6
          ModelMetadataResponse.TensorMetadata | string name=1, string datatype=2, int64[] shape=3
          ModelInferRequest          | string model_name=1, string model_version=2, string id=3, \
          ParametersEntry[] parameters=4, InferInputTensor[] inputs=5, \
          InferRequestedOutputTensor[] outputs=6, bytes[] raw_input_contents=7
          ModelInferRequest.InferInputTensor | string name=1, string datatype=2, int64[] shape=3, \
          ParametersEntry[] parameters=4, InferTensorContents contents=5
          ModelInferRequest.InferRequestedOutputTensor | string name=1, \
          ParametersEntry[] parameters=2
          ModelInferResponse         | string model_name=1, string model_version=2, string id=3, \
          ParametersEntry[] parameters=4, InferOutputTensor[] outputs=5, \
          bytes[] raw_output_contents=6
          ModelStreamInferResponse   | string error_message=1, ModelInferResponse infer_response=2
          ModelInferResponse.InferOutputTensor | string name=1, string datatype=2, \
          int64[] shape=3, ParametersEntry[] parameters=4, InferTensorContents contents=5
          InferParameter             | bool bool_param=1, int64 int64_param=2, \
          string string_param=3, double double_param=4, uint64 uint64_param=5
          InferTensorContents        | bool[] bool_contents=1, int32[] int_contents=2, \
          int64[] int64_contents=3, uint32[] uint_contents=4, uint64[] uint64_contents=5, \
          float[] fp32_contents=6, double[] fp64_contents=7, bytes[] bytes_contents=8
          """)
  void messagesOfTheInferenceProtocolHaveItsNumbersAndTypes(String message, String fields) {
    assertThat(
            find(message).getFields().stream()
                .map(SchemasTest::text)
                .collect(Collectors.joining(", ")))
        .isEqualTo(fields == null ? "" : fields);
  }

  private static Descriptor find(String path) {
    String[] names = path.split("\\.", -1);
    Descriptor message = INFERENCE.findMessageTypeByName(names[0]);
    for (int i = 1; i < names.length; i++) {
      message = message.findNestedTypeByName(names[i]);
    }
    return message;
  }

  private static String text(FieldDescriptor field) {
    String type =
        field.getJavaType() == FieldDescriptor.JavaType.MESSAGE
            ? field.getMessageType().getName()
            : field.getType().name().toLowerCase(Locale.ROOT);
    return "%s%s %s=%d"
        .formatted(type, field.isRepeated() ? "[]" : "", field.getName(), field.getNumber());
  }

  @Test
  void theInferenceServiceHasTheProtocolsPathAndMethods() {
    assertThat(INFERENCE.getPackage()).isEqualTo("inference");
    assertThat(INFERENCE.getServices())
        .singleElement()
        .satisfies(
            service -> {
              assertThat(service.getFullName()).isEqualTo("inference.GRPCInferenceService");
              assertThat(service.getMethods())
                  .extracting(SchemasTest::text)
                  .containsExactly(
                      "ServerLive(ServerLiveRequest) ServerLiveResponse",
                      "ServerReady(ServerReadyRequest) ServerReadyResponse",
                      "ModelReady(ModelReadyRequest) ModelReadyResponse",
                      "ServerMetadata(ServerMetadataRequest) ServerMetadataResponse",
                      "ModelMetadata(ModelMetadataRequest) ModelMetadataResponse",
                      "ModelInfer(ModelInferRequest) ModelInferResponse",
                      "ModelStreamInfer(ModelInferRequest) ModelStreamInferResponse");
            });
  }

  private static String text(MethodDescriptor method) {
    return "%s(%s) %s"
        .formatted(
            method.getName(), method.getInputType().getName(), method.getOutputType().getName());
  }
}
