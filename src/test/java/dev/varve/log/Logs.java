package dev.varve.log;

import dev.varve.schema.Example;
import dev.varve.schema.Feature;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A folder of small logs, and how tests look at what is read from them. */
record Logs(Path folder) {
  /**
   * Time, label and features a and b of CSV: the mapping of tests that are about something else.
   */
  static final String PLAIN =
      """
      format: csv
      time: {column: t}
      label: {column: y}
      features:
        a:
        b:
      """;

  /** Writes a file, compressed as its suffix says. */
  Path write(String name, String content) throws IOException {
    var bytes = new ByteArrayOutputStream();
    try (var out = Generator.compressing(Path.of(name), bytes)) {
      out.write(content.getBytes(StandardCharsets.UTF_8));
    }
    return Files.write(folder.resolve(name), bytes.toByteArray());
  }

  /** Everything a log of this content gives. */
  List<LogRow> read(String name, String content, String mapping) throws IOException {
    return read(write(name, content), mapping, Map.of());
  }

  static List<LogRow> read(Path log, String mapping, Map<String, Path> sideFiles)
      throws IOException {
    try (var reader = LogReader.open(log, Mapping.parse("test", mapping), sideFiles)) {
      var rows = new ArrayList<LogRow>();
      for (LogRow row = reader.next(); row != null; row = reader.next()) {
        rows.add(row);
      }
      return rows;
    }
  }

  /** The examples among rows, none of which may be refused. */
  static List<Example> examples(List<LogRow> rows) {
    return rows.stream().map(row -> ((LogRow.Mapped) row).example()).toList();
  }

  /** "name=id|id" or "name=value" of each feature, separated by blanks. */
  static String shown(Example example) {
    return example.getFeaturesList().stream()
        .map(feature -> feature.getName() + "=" + shown(feature))
        .collect(Collectors.joining(" "));
  }

  /** Each example's features, and "refused: reason" of the others. */
  static List<String> shown(List<LogRow> rows) {
    return rows.stream().map(Logs::shown).toList();
  }

  private static String shown(LogRow row) {
    return switch (row) {
      case LogRow.Mapped mapped -> shown(mapped.example());
      case LogRow.Refused refused -> "refused: " + refused.reason();
    };
  }

  private static String shown(Feature feature) {
    return feature.hasValue()
        ? Double.toString(feature.getValue())
        : String.join("|", feature.getIdsList());
  }

  /** The ids of one feature over all examples that have it. */
  static Stream<String> ids(List<LogRow> rows, String name) {
    return examples(rows).stream()
        .flatMap(example -> example.getFeaturesList().stream())
        .filter(feature -> feature.getName().equals(name))
        .flatMap(feature -> feature.getIdsList().stream());
  }
}
