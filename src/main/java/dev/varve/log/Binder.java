package dev.varve.log;

import dev.varve.base.Check;
import dev.varve.log.Rules.Feature;
import dev.varve.log.Rules.Join;
import dev.varve.log.Rules.Source;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Binds the names of a mapping to the columns of a log and its side tables, once. */
final class Binder {
  private final Rules rules;
  private final RowSource log;
  private final Cells cells;
  private final List<String> problems;
  private final Map<String, SideTable> tables = new HashMap<>();
  private final Map<String, List<Feature>> joined = new HashMap<>();

  Binder(Rules rules, RowSource log, List<String> problems) {
    this.rules = rules;
    this.log = log;
    this.cells = new Cells(log, rules.explode());
    this.problems = problems;
  }

  /** Binds everything and reads the side tables. What is wrong is among the problems then. */
  RowMapper.Bound bind(Map<String, Path> sideFiles) throws IOException {
    List<Feature> features = withoutGlobs();
    FeatureParser.distinct(features, problems);
    for (var join : rules.joins().entrySet()) {
      load(join.getKey(), join.getValue(), features, sideFiles);
    }
    var explode = rules.explode();
    var negatives = rules.negatives();
    String requestId = rules.requestId();
    return new RowMapper.Bound(
        cells,
        time(),
        label(),
        requestId == null ? -1 : column("request-id", requestId),
        explode == null ? -1 : log.column("explode.column", explode.column(), problems),
        negatives == null ? -1 : column("negatives.column", negatives.column()),
        features.stream().map(this::reader).toList());
  }

  private void load(String name, Join join, List<Feature> features, Map<String, Path> sideFiles)
      throws IOException {
    String key = "joins." + name;
    List<Feature> used =
        features.stream()
            .filter(feature -> feature.source() instanceof Source.Joined)
            .filter(feature -> ((Source.Joined) feature.source()).join().equals(name))
            .toList();
    column(key + ".on", join.on());
    joined.put(name, used);
    Path path = sideFiles.getOrDefault(name, Path.of(join.file()));
    try (RowSource source = RowSource.open(key + ".file", path, join.format(), problems)) {
      if (source != null) {
        tables.put(name, SideTable.load(key, source, join.key(), used, problems));
      }
    }
  }

  private EventTime time() {
    int column =
        switch (rules.time()) {
          case Rules.Time.Epoch epoch -> column("time.column", epoch.column());
          case Rules.Time.Text text -> column("time.column", text.column());
          case Rules.Time.Steps steps -> -1;
        };
    return new EventTime(rules.time(), column);
  }

  private LabelReader label() {
    int column =
        switch (rules.label()) {
          case Rules.Label.Equal equal -> column("label.column", equal.column());
          case Rules.Label.AtLeast least -> column("label.column", least.column());
          case Rules.Label.AllPositive all -> -1;
        };
    return new LabelReader(rules.label(), column);
  }

  private FeatureReader reader(Feature feature) {
    String name = feature.name();
    String key = "features." + name;
    return switch (feature.source()) {
      case Source.Column source ->
          FeatureReader.column(
              column(key, source.column()), new FeatureValues(name, feature.values()));
      case Source.Joined source -> joined(feature, source.join());
      case Source.HourOfDay source -> FeatureReader.hourOfDay(name);
      case Source.DayOfWeek source -> FeatureReader.dayOfWeek(name);
      case Source.Previous source ->
          FeatureReader.previous(
              name, column(key + ".previous", source.column()), column(key + ".per", source.per()));
      case Source.Glob source -> throw new IllegalStateException("resolved before: " + source);
    };
  }

  private FeatureReader joined(Feature feature, String name) {
    Join join = rules.joins().get(name);
    SideTable table = tables.get(name);
    if (join == null || table == null) {
      // Its problem is known already, and nothing will be read.
      return (cells, timeMs) -> null;
    }
    int index = joined.getOrDefault(name, List.of()).indexOf(feature);
    return FeatureReader.joined(cells.column(name, join.on(), new ArrayList<>()), table, index);
  }

  private int column(String key, String name) {
    return cells.column(key, name, problems);
  }

  /** The features, with every glob replaced by the columns that match it. */
  private List<Feature> withoutGlobs() {
    List<String> taken = MappingParser.reserved(rules);
    rules.features().forEach(feature -> taken.add(feature.name()));
    var features = new ArrayList<Feature>();
    for (Feature feature : rules.features()) {
      if (feature.source() instanceof Source.Glob glob) {
        features.addAll(matching(feature, glob, taken));
      } else {
        features.add(feature);
      }
    }
    return features;
  }

  private List<Feature> matching(Feature feature, Source.Glob glob, List<String> taken) {
    List<Feature> matching =
        log.rows().columns().stream()
            .filter(column -> glob.matches(column) && !taken.contains(column))
            .map(column -> new Feature(column, new Source.Column(column), feature.values()))
            .toList();
    if (matching.isEmpty() && !log.rows().columns().isEmpty()) {
      String rule = "a pattern that a column of %s matches".formatted(log.file().name());
      problems.add(Check.message("features", glob.pattern(), rule));
    }
    return matching;
  }
}
