package dev.varve.serve;

import dev.varve.base.Check;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HexFormat;
import java.util.regex.Pattern;

/**
 * What is kept of a bearer token: whose it is, what it allows, and its SHA-256, from which nobody
 * finds the 256 random bits that {@link #draw} gave it.
 */
public final class Token {
  static final String NAME_RULE = "1 to 64 letters, digits, dots, dashes or underscores";

  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]{1,64}");

  /** So that scanners of repositories and logs find a token that got lost. */
  private static final String PREFIX = "varve_";

  private static final int RANDOM_BYTES = 32;

  private final String name;
  private final Role role;
  private final byte[] sha256;

  /**
   * An entry of the file.
   *
   * @param sha256 32 bytes
   */
  Token(String name, Role role, byte[] sha256) {
    this.name = name;
    this.role = role;
    this.sha256 = sha256.clone();
  }

  /**
   * The entry for a token.
   *
   * @param text what its owner shows
   * @throws IllegalArgumentException when the name is none
   */
  public static Token of(String name, Role role, String text) {
    Check.that(isName(name), "name", name, NAME_RULE);
    return new Token(name, role, hash(text));
  }

  /** A new token, to be shown once. */
  public static String draw() {
    var random = new byte[RANDOM_BYTES];
    new SecureRandom().nextBytes(random);
    return PREFIX + Base64.getUrlEncoder().withoutPadding().encodeToString(random);
  }

  /** The lines that the file of tokens has for it, each with its line break. */
  public String entry() {
    return "- name: %s%n  role: %s%n  sha256: %s%n"
        .formatted(name, role.text(), HexFormat.of().formatHex(sha256));
  }

  static boolean isName(String text) {
    return NAME.matcher(text).matches();
  }

  static byte[] hash(String text) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  String name() {
    return name;
  }

  Role role() {
    return role;
  }

  boolean sameAs(Token other) {
    return matches(other.sha256);
  }

  /** Whether this is the hash of a text, in a time that does not depend on where they differ. */
  boolean matches(byte[] hash) {
    return MessageDigest.isEqual(sha256, hash);
  }
}
