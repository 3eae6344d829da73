package dev.varve.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import dev.varve.base.Check;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * Asks a running Varve over HTTP.
 *
 * <p><b>Errors:</b> every method throws {@link CommandException} when the server cannot be reached,
 * refuses, or answers something that is no JSON.
 */
final class ServerClient implements AutoCloseable {
  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);
  private static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(60);
  private static final int SHOWN_CHARS = 300;

  private final HttpClient http;
  private final URI server;
  private final String base;
  private final @Nullable String token;

  /**
   * A client of a server.
   *
   * @param token that it shows; null for none
   * @param trust decides on the certificates of servers; null for Java's own
   */
  ServerClient(URI server, @Nullable String token, @Nullable SSLContext trust) {
    this.server = server;
    this.base = server.toString().replaceAll("/+$", "");
    this.token = token;
    var builder =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(CONNECT_TIMEOUT);
    if (trust != null) {
      builder.sslContext(trust);
    }
    this.http = builder.build();
  }

  /** The JSON at a path. */
  JsonNode get(String path) {
    return parsed(answer(request(path).GET().build()), JsonNode.class);
  }

  /** The JSON that answers a JSON body. */
  <T> T post(String path, JsonNode body, Class<T> type) {
    var publisher = BodyPublishers.ofString(body.toString());
    return parsed(answer(request(path).POST(publisher).build()), type);
  }

  /**
   * The JSON at a path; where there cannot be one, a {@link CommandException#impossible} says why.
   */
  JsonNode ask(String path) {
    return parsed(answerOrRefusal(request(path).GET().build()), JsonNode.class);
  }

  /** The JSON that answers a command; where it is refused, as {@link #ask}. */
  JsonNode command(String path, JsonNode body) {
    var publisher = BodyPublishers.ofString(body.toString());
    return parsed(answerOrRefusal(request(path).POST(publisher).build()), JsonNode.class);
  }

  /** One part of a path, whatever characters it has. */
  static String pathPart(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }

  private HttpRequest.Builder request(String path) {
    var request =
        HttpRequest.newBuilder(URI.create(base + path))
            .timeout(ANSWER_TIMEOUT)
            .header("content-type", "application/json")
            .header("accept", "application/json");
    return token == null ? request : request.header("authorization", "Bearer " + token);
  }

  private String answer(HttpRequest request) {
    HttpResponse<String> response = send(request);
    if (response.statusCode() != 200) {
      throw failed(response);
    }
    return response.body();
  }

  private String answerOrRefusal(HttpRequest request) {
    HttpResponse<String> response = send(request);
    return switch (response.statusCode()) {
      case 200 -> response.body();
      case 400, 404, 409 -> throw CommandException.impossible(reason(response.body()));
      default -> throw failed(response);
    };
  }

  private static CommandException failed(HttpResponse<String> response) {
    String remedy =
        switch (response.statusCode()) {
          case 401 -> "; show one with --token-file or VARVE_TOKEN";
          case 403 -> "; show another with --token-file or VARVE_TOKEN";
          default -> "";
        };
    return new CommandException(
        "%s%s (HTTP %d from %s)"
            .formatted(reason(response.body()), remedy, response.statusCode(), response.uri()));
  }

  private HttpResponse<String> send(HttpRequest request) {
    try {
      return http.send(request, BodyHandlers.ofString(StandardCharsets.UTF_8));
    } catch (ConnectException | HttpConnectTimeoutException e) {
      throw failure("a running Varve; start it with: ops/varve up", e);
    } catch (HttpTimeoutException e) {
      throw failure("an answer within %d s".formatted(ANSWER_TIMEOUT.toSeconds()), e);
    } catch (SSLException e) {
      throw failure("a certificate to trust, see --ca, and TLS; got " + e.getMessage(), e);
    } catch (IOException e) {
      throw failure("an HTTP answer, from https:// where there is TLS; got " + e, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw failure("an answer; the command was interrupted", e);
    }
  }

  private <T> T parsed(String body, Class<T> type) {
    try {
      return Json.MAPPER.readValue(body, type);
    } catch (JsonProcessingException e) {
      throw failure("a Varve; its answer is not one of Varve's", e);
    }
  }

  private CommandException failure(String rule, Exception cause) {
    return new CommandException(Check.message("server", server, rule), cause);
  }

  /** The server's own words, on one line. */
  private static String reason(String body) {
    String text = body;
    try {
      text = Json.MAPPER.readTree(body).path("error").asText(body);
    } catch (JsonProcessingException e) {
      // Not from Varve: a proxy, perhaps. Its text says more than nothing.
    }
    String line = text.strip().replaceAll("\\s+", " ");
    return line.length() > SHOWN_CHARS ? line.substring(0, SHOWN_CHARS) + "…" : line;
  }

  @Override
  public void close() {
    http.close();
  }
}
