package dev.varve.bench;

import java.time.Instant;
import java.util.List;

/**
 * What a run has found.
 *
 * @param begun when
 * @param version of Varve, and its commit where that is known
 */
public record Report(
    Instant begun, String version, Machine machine, Settings settings, List<Section> sections) {
  /**
   * The answers to one question.
   *
   * @param name as the command line has it
   * @param seconds that it took
   */
  public record Section(String name, String question, double seconds, List<Figure> figures) {
    public Section {
      figures = List.copyOf(figures);
    }
  }

  public Report {
    sections = List.copyOf(sections);
  }
}
