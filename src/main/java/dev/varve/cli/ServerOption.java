package dev.varve.cli;

import java.net.URI;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** {@code --server URL}: the Varve that a command asks; and what it needs to be let in. */
final class ServerOption {
  @Option(
      names = "--server",
      paramLabel = "URL",
      defaultValue = "${env:VARVE_SERVER:-http://127.0.0.1:8000}",
      converter = HttpUrl.class,
      description = "The running Varve to ask (default: $VARVE_SERVER, or else the local one).")
  private URI server = URI.create("http://127.0.0.1:8000");

  @Option(
      names = "--token-file",
      paramLabel = "FILE",
      description = "File with the token to show (default: the token in $VARVE_TOKEN, if any).")
  private @Nullable Path tokenFile;

  @Option(
      names = "--ca",
      paramLabel = "FILE",
      defaultValue = "${env:VARVE_CA:-}",
      description =
          "PEM file of the certificates that may have signed the server's (default: $VARVE_CA, or"
              + " else those that Java trusts).")
  private Path ca = Path.of("");

  /** A client of the server; to be closed. */
  ServerClient connect() {
    String token = tokenFile == null ? System.getenv("VARVE_TOKEN") : Trust.token(tokenFile);
    return new ServerClient(server, token, ca.equals(Path.of("")) ? null : Trust.of(ca));
  }

  /** Takes http and https with a host. */
  static final class HttpUrl implements ITypeConverter<URI> {
    @Override
    public URI convert(String text) {
      try {
        var url = URI.create(text);
        boolean http = "http".equals(url.getScheme()) || "https".equals(url.getScheme());
        if (http && url.getHost() != null && url.getQuery() == null && url.getFragment() == null) {
          return url;
        }
      } catch (IllegalArgumentException e) {
        // No URL at all: refused like one of the wrong kind.
      }
      throw new TypeConversionException(
          "%s (expected: a URL such as http://127.0.0.1:8000)".formatted(text));
    }
  }
}
