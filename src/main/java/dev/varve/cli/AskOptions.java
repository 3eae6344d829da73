package dev.varve.cli;

import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What every command that asks a server has: which one, and how to print the answer. */
final class AskOptions {
  @Mixin private ServerOption server = new ServerOption();

  @Option(names = "--json", description = "Print the server's answer as JSON.")
  private boolean json;

  /** A client of the server; to be closed. */
  ServerClient connect() {
    return server.connect();
  }

  /** Whether the answer is printed as it is. */
  boolean json() {
    return json;
  }
}
