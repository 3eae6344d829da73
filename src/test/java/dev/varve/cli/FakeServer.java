package dev.varve.cli;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;

/** An HTTP server that gives the answers it was told to, and remembers what it was asked. */
final class FakeServer implements AutoCloseable {
  private final HttpServer server;
  private final List<Request> requests = new CopyOnWriteArrayList<>();

  /** What came in. */
  record Request(String method, String path, String body) {}

  /** What goes out. */
  record Answer(int status, String body) {}

  /** Gives one answer to everything. */
  FakeServer(int status, String answer) throws IOException {
    this(_ -> new Answer(status, answer));
  }

  FakeServer(Function<Request, Answer> answers) throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", exchange -> answer(exchange, answers));
    server.start();
  }

  private void answer(HttpExchange exchange, Function<Request, Answer> answers) throws IOException {
    String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
    var request =
        new Request(exchange.getRequestMethod(), exchange.getRequestURI().toString(), body);
    requests.add(request);
    Answer answer = answers.apply(request);
    byte[] bytes = answer.body().getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(answer.status(), bytes.length);
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

  /** All requests so far. */
  List<Request> requests() {
    return requests;
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
