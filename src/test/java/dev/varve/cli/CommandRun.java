package dev.varve.cli;

import java.io.PrintWriter;
import java.io.StringWriter;

/**
 * One run of {@code varve}.
 *
 * @param out all of standard output
 * @param err all of standard error
 */
record CommandRun(int exitCode, String out, String err) {
  static CommandRun of(String... args) {
    var out = new StringWriter();
    var err = new StringWriter();
    var commandLine = Main.commandLine();
    commandLine.setOut(new PrintWriter(out, true));
    commandLine.setErr(new PrintWriter(err, true));
    int exitCode = commandLine.execute(args);
    return new CommandRun(exitCode, out.toString(), err.toString());
  }
}
