package dev.varve.cluster;

import dev.varve.base.Doc;
import java.nio.file.Path;

/** What instances know each other by; the components are the keys of the section {@code peers}. */
public record PeersConfig(
    @Doc(
            "PEM file with the certificates of the other processes that share the topics, or of"
                + " those that signed them; empty: what this machine trusts. Read again when it"
                + " changes, as the next is.")
        Path ca,
    @Doc("File with the token, an operator's, that they are shown; empty: they need none.")
        Path token) {
  private static final Path NONE = Path.of("");

  /** Nothing: for instances without tokens, and without TLS or with certificates of the world. */
  public static PeersConfig defaults() {
    return new PeersConfig(NONE, NONE);
  }

  boolean hasCa() {
    return !ca.equals(NONE);
  }

  boolean hasToken() {
    return !token.equals(NONE);
  }
}
