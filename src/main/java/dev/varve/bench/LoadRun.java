package dev.varve.bench;

import dev.varve.base.Check;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What a load generator printed, from its start to its end. */
record LoadRun(String tool, String printed) {
  /**
   * Runs it.
   *
   * @throws IllegalStateException when it fails
   */
  static LoadRun of(List<String> command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    try {
      var printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      var run = new LoadRun(command.getFirst(), printed);
      run.require(process.waitFor() == 0, "to succeed");
      return run;
    } finally {
      process.destroyForcibly();
    }
  }

  /** The number that a pattern has in its first group. */
  double number(Pattern pattern) {
    Matcher matcher = pattern.matcher(printed);
    require(matcher.find(), pattern.pattern());
    return Double.parseDouble(matcher.group(1));
  }

  void require(boolean isRight, String rule) {
    if (!isRight) {
      throw new IllegalStateException(Check.message(tool, "\n" + printed.strip() + "\n", rule));
    }
  }
}
