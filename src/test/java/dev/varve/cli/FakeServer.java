package dev.varve.cli;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import dev.varve.testing.TestCertificate;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/** An HTTP server that gives the answers it was told to, and remembers what it was asked. */
final class FakeServer implements AutoCloseable {
  private final HttpServer server;
  private final List<Request> requests = new CopyOnWriteArrayList<>();

  private volatile String authorization = "none";

  /** What came in. */
  record Request(String method, String path, String body) {}

  /** What goes out. */
  record Answer(int status, String body) {}

  /** Gives one answer to everything. */
  FakeServer(int status, String answer) throws IOException {
    this(_ -> new Answer(status, answer));
  }

  FakeServer(Function<Request, Answer> answers) throws IOException {
    this(HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0), answers);
  }

  private FakeServer(HttpServer server, Function<Request, Answer> answers) {
    this.server = server;
    server.createContext("/", exchange -> answer(exchange, answers));
    server.start();
  }

  /** Gives one answer to everything, over TLS. */
  static FakeServer tls(TestCertificate certificate, int status, String answer)
      throws IOException, GeneralSecurityException {
    char[] password = TestCertificate.PASSWORD.toCharArray();
    var keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(KeyStore.getInstance(certificate.store().toFile(), password), password);
    var context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), null, null);
    var server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setHttpsConfigurator(new HttpsConfigurator(context));
    return new FakeServer(server, _ -> new Answer(status, answer));
  }

  private void answer(HttpExchange exchange, Function<Request, Answer> answers) throws IOException {
    String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
    var request =
        new Request(exchange.getRequestMethod(), exchange.getRequestURI().toString(), body);
    authorization =
        Objects.requireNonNullElse(exchange.getRequestHeaders().getFirst("authorization"), "none");
    requests.add(request);
    Answer answer = answers.apply(request);
    byte[] bytes = answer.body().getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(answer.status(), bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }

  String url() {
    String scheme = server instanceof HttpsServer ? "https" : "http";
    return scheme + "://127.0.0.1:" + server.getAddress().getPort();
  }

  /** The only request so far. */
  Request request() {
    if (requests.size() != 1) {
      throw new AssertionError("one request expected: " + requests);
    }
    return requests.getFirst();
  }

  /** The header of the last request. */
  String authorization() {
    return authorization;
  }

  /** All requests so far. */
  List<Request> requests() {
    return requests;
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
