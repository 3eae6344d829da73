package dev.varve.cli;

import dev.varve.serve.Role;
import dev.varve.serve.Token;
import dev.varve.serve.Tokens;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** {@code varve token}: a new token, and what the server's file has to say of it. */
@Command(
    name = "token",
    description = {
      "Make a token that lets a caller in.",
      "Prints the token, which is kept nowhere, and the entry for the file serve.tokens."
    },
    mixinStandardHelpOptions = true)
final class TokenCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(paramLabel = "NAME", description = "Whose token it is, such as ranker or alice.")
  private String name = "";

  @Option(
      names = "--role",
      paramLabel = "ROLE",
      required = true,
      converter = RoleName.class,
      description = "reader (lookups, status, metrics) or operator (commands too).")
  private Role role = Role.READER;

  @Option(
      names = "--add",
      paramLabel = "FILE",
      description = "Add the entry to this file instead, and print nothing but the token.")
  private @Nullable Path file;

  @Override
  public Integer call() throws IOException {
    String text = Token.draw();
    String entry = Token.of(name, role, text).entry();
    PrintWriter out = spec.commandLine().getOut();
    if (file == null) {
      out.printf("%s%n%n%s", text, entry);
      out.flush();
    } else {
      add(entry, file);
      out.println(text);
    }
    return 0;
  }

  /** A server that looks meanwhile finds the old file or the new one, and neither is broken. */
  private static void add(String entry, Path file) throws IOException {
    String old = Files.exists(file) ? Files.readString(file) : "";
    String gap = old.isEmpty() || old.endsWith("\n") ? "" : System.lineSeparator();
    Path target = Files.exists(file) ? file.toRealPath() : file.toAbsolutePath();
    Path written = target.resolveSibling(target.getFileName() + ".new");
    try {
      Files.writeString(written, old + gap + entry);
      Tokens.read(written);
      Files.move(
          written, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(written);
    }
  }

  /** Takes the names of the file. */
  static final class RoleName implements ITypeConverter<Role> {
    @Override
    public Role convert(String text) {
      for (Role role : Role.values()) {
        if (role.text().equals(text.toLowerCase(Locale.ROOT))) {
          return role;
        }
      }
      throw new TypeConversionException("%s (expected: reader or operator)".formatted(text));
    }
  }
}
