package dev.varve.cli;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.varve.base.Check;
import java.util.List;

/**
 * The answer to an infer call of the Open Inference Protocol, as far as a lookup needs it.
 *
 * @param version of the layout
 * @param parameters {@code watermark_ms}: the newest event learned
 */
record InferAnswer(
    @JsonProperty("model_version") String version,
    @JsonProperty("parameters") JsonNode parameters,
    @JsonProperty("outputs") List<Output> outputs) {

  /**
   * One tensor.
   *
   * @param data the numbers as they were written: read as a double first, a float could become
   *     another
   */
  record Output(
      @JsonProperty("name") String name,
      @JsonProperty("shape") List<Integer> shape,
      @JsonProperty("data") List<String> data) {
    Output {
      shape = shape == null ? List.of() : List.copyOf(shape);
      data = data == null ? List.of() : List.copyOf(data);
      int numbers = shape.stream().reduce(1, Math::multiplyExact);
      Check.that(data.size() == numbers, name, data.size() + " numbers", "as many as " + shape);
    }
  }

  InferAnswer {
    parameters = parameters == null ? MissingNode.getInstance() : parameters;
    outputs = outputs == null ? List.of() : List.copyOf(outputs);
  }

  /**
   * The output of this name, if its first dimension is {@code rows}.
   *
   * @throws CommandException otherwise
   */
  Output output(String name, int rows) {
    return outputs.stream()
        .filter(output -> name.equals(output.name()))
        .filter(output -> !output.shape().isEmpty() && output.shape().getFirst() == rows)
        .findFirst()
        .orElseThrow(
            () ->
                new CommandException(
                    Check.message("answer", outputs, "an output %s of %d".formatted(name, rows))));
  }
}
