package dev.varve.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.varve.base.Check;
import dev.varve.store.LookupStatus;
import java.io.PrintWriter;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code varve lookup}: the vectors of some categories, by the Open Inference Protocol. */
@Command(
    name = "lookup",
    description = {
      "Print the vectors of categories.",
      "An id that begins with a dash comes after --, as in: varve lookup item_id -- -1"
    },
    mixinStandardHelpOptions = true)
final class LookupCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Mixin private ServerOption server = new ServerOption();

  @Parameters(index = "0", paramLabel = "TABLE", description = "A categorical feature.")
  private String table = "";

  @Parameters(index = "1..*", arity = "1..*", paramLabel = "ID", description = "Its values.")
  private List<String> ids = new ArrayList<>();

  @Option(names = "--json", description = "Print one JSON object per id and line.")
  private boolean json;

  /** One id with what is known of it. */
  private record Row(String id, String status, List<Float> vector) {}

  @Override
  public Integer call() {
    InferAnswer answer;
    try (ServerClient client = server.connect()) {
      String path = "/v2/models/%s/infer".formatted(ServerClient.pathPart(table));
      answer = client.post(path, request(), InferAnswer.class);
    }
    List<Row> rows = rows(answer);
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      rows.forEach(row -> out.println(object(row)));
    } else {
      out.println(heading(answer));
      out.println(listing(rows));
    }
    return 0;
  }

  private ObjectNode request() {
    ObjectNode body = Json.MAPPER.createObjectNode();
    ObjectNode input = body.putArray("inputs").addObject();
    input.put("name", "ids").put("datatype", "BYTES");
    input.putArray("shape").add(ids.size());
    ids.forEach(input.putArray("data")::add);
    return body;
  }

  private List<Row> rows(InferAnswer answer) {
    InferAnswer.Output embeddings = answer.output("embeddings", ids.size());
    InferAnswer.Output statuses = answer.output("status", ids.size());
    List<Float> floats = embeddings.data().stream().map(Float::valueOf).toList();
    int dimension = floats.size() / ids.size();
    var rows = new ArrayList<Row>();
    for (int i = 0; i < ids.size(); i++) {
      String status = status(statuses.data().get(i));
      rows.add(new Row(ids.get(i), status, floats.subList(i * dimension, (i + 1) * dimension)));
    }
    return rows;
  }

  private static String status(String code) {
    for (LookupStatus status : LookupStatus.values()) {
      if (Integer.toString(status.code()).equals(code)) {
        return status.text();
      }
    }
    throw new CommandException(
        Check.message("status", code, "one that this version of Varve knows"));
  }

  private static String object(Row row) {
    ObjectNode object = Json.MAPPER.createObjectNode();
    object.put("id", row.id()).put("status", row.status());
    row.vector().forEach(object.putArray("vector")::add);
    return object.toString();
  }

  private String heading(InferAnswer answer) {
    long newestMs = answer.parameters().path("watermark_ms").asLong();
    String newest = newestMs > 0 ? ", learned up to " + Instant.ofEpochMilli(newestMs) : "";
    return "%s: layout %s%s".formatted(table, answer.version(), newest);
  }

  private static String listing(List<Row> rows) {
    var columns = new Columns("id", "status", "vector");
    for (Row row : rows) {
      List<String> numbers =
          row.vector().stream().map(x -> String.format(Locale.ROOT, "%9.5f", x)).toList();
      columns.row(row.id(), row.status(), String.join(" ", numbers));
    }
    return columns.text();
  }
}
