package dev.varve.cli;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** An HTTP server that gives one answer to everything and remembers what it was asked. */
final class FakeServer implements AutoCloseable {
  private final HttpServer server;
  private final List<Request> requests = new CopyOnWriteArrayList<>();

  /** What came in. */
  record Request(String method, String path, String body) {}

  FakeServer(int status, String answer) throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", exchange -> answer(exchange, status, answer));
    server.start();
  }

  private void answer(HttpExchange exchange, int status, String answer) throws IOException {
    String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
    requests.add(
        new Request(exchange.getRequestMethod(), exchange.getRequestURI().getRawPath(), body));
    byte[] bytes = answer.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(status, bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }

  String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  /** The only request so far. */
  Request request() {
    if (requests.size() != 1) {
      throw new AssertionError("one request expected: " + requests);
    }
    return requests.getFirst();
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
