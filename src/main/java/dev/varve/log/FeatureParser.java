package dev.varve.log;

import com.fasterxml.jackson.databind.JsonNode;
import dev.varve.base.Check;
import dev.varve.base.NearestName;
import dev.varve.log.Rules.Feature;
import dev.varve.log.Rules.Format;
import dev.varve.log.Rules.Kind;
import dev.varve.log.Rules.Source;
import dev.varve.log.Rules.Values;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Reads the features of a mapping. */
final class FeatureParser {
  private static final List<String> TYPES = List.of("categorical", "numerical");
  private static final List<String> DERIVED = List.of("hour-of-day", "day-of-week");

  private final String name;
  private final Section section;
  private final Set<String> joins;

  private FeatureParser(String name, Section section, Set<String> joins) {
    this.name = name;
    this.section = section;
    this.joins = joins;
  }

  static List<Feature> features(Section root, Set<String> joins, Format format) {
    Section all = root.section("features");
    if (all.keys().isEmpty()) {
      root.problem("features", "none", "at least one feature");
    }
    var features = new ArrayList<Feature>();
    for (String name : all.keys()) {
      JsonNode node = all.node(name);
      if (node != null && node.isValueNode() && !node.isNull()) {
        features.add(new Feature(name, new Source.Column(node.asText()), Values.CATEGORY));
      } else {
        features.add(new FeatureParser(name, all.section(name), joins).feature());
      }
      if (name.contains("*") && format.kind() == Kind.JSONL) {
        all.problem(name, "*", "the name of one feature: rows of jsonl have no common columns");
      }
    }
    return List.copyOf(features);
  }

  private Feature feature() {
    Source source = source();
    Values values = values();
    if (!(source instanceof Source.Column || source instanceof Source.Joined)
        && !(source instanceof Source.Glob)
        && (values.numerical() || values.split() != null)) {
      section.problem(section.keys(), "a category without type, split or last");
    }
    section.finish();
    return new Feature(name, source, values);
  }

  private Source source() {
    if (name.contains("*")) {
      return glob();
    }
    if (section.has("derive")) {
      only("derive", "column", "from", "previous", "per");
      return "hour-of-day".equals(section.choice("derive", DERIVED))
          ? new Source.HourOfDay()
          : new Source.DayOfWeek();
    }
    if (section.has("previous") || section.has("per")) {
      only("previous and per", "column", "from");
      return new Source.Previous(
          section.required("previous", "the column whose last value is meant"),
          section.required("per", "the column that names the user or session"));
    }
    String column = section.text("column", name);
    String from = section.text("from");
    if (from == null) {
      return new Source.Column(column);
    }
    if (!joins.contains(from)) {
      section.problem("from", from, NearestName.rule("a join", from, joins));
    }
    return new Source.Joined(from, column);
  }

  private Source glob() {
    only("a glob", "column", "from", "derive", "previous", "per");
    if (name.indexOf('*') != name.lastIndexOf('*')) {
      section.problem(name, "a name with one *");
    }
    return new Source.Glob(name);
  }

  private void only(String what, String... others) {
    for (String other : others) {
      if (section.has(other)) {
        section.problem(other, section.text(other, ""), "none beside " + what);
      }
    }
  }

  private Values values() {
    boolean numerical = "numerical".equals(section.choice("type", TYPES));
    String split = section.text("split");
    long last = section.integer("last", Integer.MAX_VALUE, 1, Integer.MAX_VALUE);
    if (numerical && (split != null || section.has("last"))) {
      section.problem("type", "numerical", "categorical: a number has one value");
    }
    return new Values(numerical, split, (int) last);
  }

  /** Names of features that occur twice once the globs are resolved. */
  static void distinct(List<Feature> features, List<String> problems) {
    var names = new ArrayList<String>();
    for (Feature feature : features) {
      if (names.contains(feature.name())) {
        problems.add(Check.message("features", feature.name(), "each name once"));
      }
      names.add(feature.name());
    }
  }
}
