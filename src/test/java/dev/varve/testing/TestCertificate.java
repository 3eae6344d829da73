package dev.varve.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Base64;
import java.util.List;

/**
 * A certificate for localhost that has signed itself, made by the JDK's keytool.
 *
 * @param store PKCS#12, with the password {@link #PASSWORD}
 */
public record TestCertificate(Path certificate, Path key, Path store) {
  public static final String PASSWORD = "changeit";

  /**
   * Makes one.
   *
   * @param folder for its files, which begin with its name
   * @param algorithm EC or RSA
   */
  public static TestCertificate make(Path folder, String name, String algorithm)
      throws IOException, InterruptedException, GeneralSecurityException {
    Path store = folder.resolve(name + ".p12");
    Path said = folder.resolve(name + ".log");
    List<String> command =
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
            "-genkeypair",
            "-alias",
            "server",
            "-keyalg",
            algorithm,
            "-dname",
            "CN=" + name,
            "-ext",
            "san=dns:localhost,ip:127.0.0.1",
            "-keystore",
            store.toString(),
            "-storepass",
            PASSWORD);
    Process keytool =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(said.toFile()).start();
    assertThat(keytool.waitFor()).as(() -> read(said)).isZero();
    KeyStore made = KeyStore.getInstance(store.toFile(), PASSWORD.toCharArray());
    return new TestCertificate(
        pem(
            folder.resolve(name + ".pem"),
            "CERTIFICATE",
            made.getCertificate("server").getEncoded()),
        pem(
            folder.resolve(name + ".key"),
            "PRIVATE KEY",
            made.getKey("server", PASSWORD.toCharArray()).getEncoded()),
        store);
  }

  private static Path pem(Path file, String what, byte[] der) throws IOException {
    String text =
        Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII)).encodeToString(der);
    return Files.writeString(
        file, "-----BEGIN %s-----\n%s\n-----END %s-----\n".formatted(what, text, what));
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      return e.toString();
    }
  }
}
