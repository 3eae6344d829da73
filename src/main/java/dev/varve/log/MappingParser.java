package dev.varve.log;

import dev.varve.log.Rules.Explode;
import dev.varve.log.Rules.Format;
import dev.varve.log.Rules.Join;
import dev.varve.log.Rules.Kind;
import dev.varve.log.Rules.Label;
import dev.varve.log.Rules.Negatives;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads the sections of a mapping; {@link Mapping} describes them. */
final class MappingParser {
  private static final List<String> FORMATS = List.of("csv", "tsv", "jsonl");
  private static final List<String> WEIGHTS = List.of("popularity", "uniform");
  private static final int MAX_NEGATIVES = 1_000;
  private static final String LABEL_RULE = "a column, or all-positive: true";

  private MappingParser() {}

  /** Reads all sections and adds what is wrong to the problems of the root. */
  static Rules rules(Section root) {
    Format format = format(root);
    var time = TimeParser.time(root);
    Label label = label(root.section("label"));
    String requestId = root.text("request-id");
    Map<String, Join> joins = joins(root.section("joins"));
    var features = FeatureParser.features(root, joins.keySet(), format);
    Explode explode = root.has("explode") ? explode(root.section("explode")) : null;
    Negatives negatives = root.has("negatives") ? negatives(root, label) : null;
    root.finish();
    return new Rules(format, time, label, requestId, features, joins, explode, negatives);
  }

  private static Format format(Section section) {
    String name = section.choice("format", FORMATS);
    Kind kind = name == null ? null : Kind.valueOf(name.toUpperCase(Locale.ROOT));
    boolean lines = kind == Kind.JSONL;
    boolean header = section.flag("header", !lines);
    List<String> columns = section.texts("columns");
    if (header == !columns.isEmpty() && !lines) {
      section.problem("columns", columns, "the names when header is false, otherwise none");
    }
    if (lines && (header || !columns.isEmpty())) {
      section.problem("format", "jsonl", "no header and no columns: each row names its own");
    }
    return new Format(kind, header, columns, delimiter(section));
  }

  private static char delimiter(Section section) {
    String delimiter = section.text("delimiter", ",");
    if (delimiter.length() != 1 || "\"\r\n".contains(delimiter)) {
      section.problem("delimiter", delimiter, "one character, neither quote nor line break");
    }
    if (section.has("delimiter") && !section.text("format", "csv").equals("csv")) {
      section.problem("delimiter", delimiter, "none: only csv has a choice");
    }
    return delimiter.charAt(0);
  }

  private static Label label(Section section) {
    boolean allPositive = section.flag("all-positive", false);
    boolean equal = section.has("positive") || section.has("negative");
    boolean threshold = section.has("at-least");
    if (allPositive == section.has("column") || (allPositive && (equal || threshold))) {
      section.problem(section.keys(), LABEL_RULE);
    } else if (equal && threshold) {
      section.problem(section.keys(), "either positive (and negative), or at-least");
    }
    String column = section.text("column", "");
    String positive = section.text("positive", "1");
    String negative = section.text("negative", "0");
    double least = threshold ? threshold(section) : 0;
    section.finish();
    if (positive.equals(negative)) {
      section.problem("negative", negative, "another value than positive");
    }
    return allPositive
        ? new Label.AllPositive()
        : threshold
            ? new Label.AtLeast(column, least)
            : new Label.Equal(column, positive, negative);
  }

  private static double threshold(Section section) {
    String text = section.text("at-least", "");
    double least = Numbers.parse(text);
    if (Double.isNaN(least)) {
      section.problem("at-least", text, "a number");
    }
    return least;
  }

  private static Map<String, Join> joins(Section section) {
    var joins = new LinkedHashMap<String, Join>();
    for (String name : section.keys()) {
      Section join = section.section(name);
      String file = join.required("file", "a file beside the log, or an absolute path");
      String key = join.required("key", "the column of the side table that on is looked up in");
      String on = join.text("on", key);
      joins.put(name, new Join(file, key, on, format(join)));
      join.finish();
    }
    return joins;
  }

  private static Explode explode(Section section) {
    String column = section.required("column", "the column that holds the candidates");
    String separator = spaced(section, "separator");
    String pair = section.has("pair-separator") ? spaced(section, "pair-separator") : null;
    List<String> into = section.texts("into");
    int names = pair == null ? 1 : 2;
    if (into.size() != names) {
      section.problem("into", into, "%d name(s): candidate, and label if paired".formatted(names));
    }
    section.finish();
    return new Explode(
        column,
        separator,
        pair,
        into.isEmpty() ? "" : into.getFirst(),
        pair == null || into.size() < 2 ? null : into.get(1));
  }

  private static String spaced(Section section, String key) {
    return section.required(key, "the text between two values");
  }

  private static @Nullable Negatives negatives(Section root, Label label) {
    Section section = root.section("negatives");
    if (!(label instanceof Label.AllPositive)) {
      section.problem(section.keys(), "none unless label is all-positive: true");
    }
    String column = section.required("column", "the column whose value is drawn");
    long perPositive = section.integer("per-positive", 1, 1, MAX_NEGATIVES);
    long windowMs = TimeParser.duration(section, "window", "1h");
    boolean byPopularity = !"uniform".equals(section.choice("weight", WEIGHTS));
    long seed = section.integer("seed", 1, Long.MIN_VALUE, Long.MAX_VALUE);
    section.finish();
    return new Negatives(column, (int) perPositive, windowMs, byPopularity, seed);
  }

  /** The names of columns that a glob must not take for features. */
  static List<String> reserved(Rules rules) {
    var names = new ArrayList<String>();
    if (rules.requestId() != null) {
      names.add(rules.requestId());
    }
    switch (rules.time()) {
      case Rules.Time.Epoch epoch -> names.add(epoch.column());
      case Rules.Time.Text text -> names.add(text.column());
      case Rules.Time.Steps steps -> {}
    }
    switch (rules.label()) {
      case Label.Equal equal -> names.add(equal.column());
      case Label.AtLeast least -> names.add(least.column());
      case Label.AllPositive all -> {}
    }
    return names;
  }
}
