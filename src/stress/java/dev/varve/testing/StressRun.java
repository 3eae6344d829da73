package dev.varve.testing;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.openjdk.jcstress.JCStress;
import org.openjdk.jcstress.Options;
import org.openjdk.jcstress.infra.Status;
import org.openjdk.jcstress.infra.collectors.DiskReadCollector;
import org.openjdk.jcstress.infra.collectors.InProcessCollector;
import org.openjdk.jcstress.infra.collectors.TestResult;
import org.openjdk.jcstress.infra.grading.ReportUtils;
import org.openjdk.jcstress.infra.runners.TestList;

/**
 * Runs all jcstress tests and judges them: every test must pass, and every broken twin must fail,
 * with an outcome that is forbidden. A twin is what a test tests with one thing left out; its name
 * ends in {@code Twin}. A twin that passes says that its test would have noticed nothing either; it
 * is given more time first, for on a busy machine two threads seldom run at once.
 */
public final class StressRun {
  private static final int TRIES = 3;

  /** Moves instructions about as far as the memory model allows. */
  private static final String OPTIMIZED =
      "-XX:+UnlockDiagnosticVMOptions -XX:+StressLCM -XX:+StressGCM -XX:+StressIGVN"
          + " -XX:+StressCCP";

  private final String iterationMs;
  private final boolean allModes;
  private final List<TestResult> results = new ArrayList<>();

  private StressRun(String iterationMs, String modes) {
    this.iterationMs = iterationMs;
    this.allModes = modes.equals("all");
  }

  /** Milliseconds of one iteration, and which modes of the JVM: {@code optimized} or all. */
  public static void main(String[] args) throws Exception {
    var run = new StressRun(args[0], args[1]);
    run.run(".*");
    for (int tries = 1; tries < TRIES && !run.tameTwins().isEmpty(); tries++) {
      run.run(run.tameTwins().stream().map(Pattern::quote).collect(Collectors.joining("|")));
    }
    run.judge();
  }

  private void run(String tests) throws Exception {
    Options options = options(tests);
    try {
      new JCStress(options).run();
    } catch (AssertionError e) {
      // It says that tests have failed; which, and whether they should, is judged here.
    }
    results.addAll(read(options.getResultFile()));
  }

  private Options options(String tests) throws IOException {
    List<String> arguments = new ArrayList<>(List.of("-t", tests, "-time", iterationMs));
    // Few states at a time: each holds memory of its own, off the heap.
    arguments.addAll(List.of("-strideSize", "32", "-strideCount", "8", "-pth", "false"));
    arguments.addAll(List.of("-f", "1", "-fsm", "1", "-sc", "false", "-af", "NONE"));
    arguments.addAll(List.of("-r", "report"));
    if (!allModes) {
      arguments.addAll(List.of("-jvmArgs", OPTIMIZED));
    }
    var options = new Options(arguments.toArray(String[]::new));
    if (!options.parse()) {
      throw new IllegalArgumentException("stress: " + arguments);
    }
    return options;
  }

  private static Collection<TestResult> read(String file)
      throws IOException, ClassNotFoundException {
    var collector = new InProcessCollector();
    var reader = new DiskReadCollector(file, collector);
    reader.dump();
    reader.close();
    return collector.getTestResults();
  }

  private static boolean isTwin(String test) {
    return test.endsWith("Twin");
  }

  /** Twins of which nothing forbidden was seen. */
  private List<String> tameTwins() {
    return TestList.tests().stream()
        .filter(test -> isTwin(test) && of(test).stream().noneMatch(StressRun::isForbidden))
        .toList();
  }

  private static boolean isForbidden(TestResult result) {
    return result.status() == Status.NORMAL && !result.grading().isPassed;
  }

  private List<TestResult> of(String test) {
    return results.stream().filter(result -> result.getName().equals(test)).toList();
  }

  private void judge() {
    List<String> wrong = new ArrayList<>(tameTwins());
    for (String test : new TreeSet<>(TestList.tests())) {
      List<TestResult> own = of(test);
      boolean passes = own.stream().allMatch(ReportUtils::statusToPassed);
      int actors = TestList.getInfo(test).threads();
      if (own.isEmpty() && actors > Runtime.getRuntime().availableProcessors()) {
        System.out.printf("not run: %s needs %d CPUs%n", test, actors);
      } else {
        System.out.printf("%s: %s%n", passes ? "passes" : "fails", test);
        if (own.isEmpty() || !(passes || isTwin(test))) {
          wrong.add(test);
        }
      }
    }
    if (!wrong.isEmpty()) {
      throw new AssertionError(
          "stress: %s (expected: tests pass, and twins fail); see target/stress/report"
              .formatted(wrong));
    }
  }
}
