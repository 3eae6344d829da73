package dev.varve.serve;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.MediaType;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** Small answers, as JSON; those of lookups have a writer of their own. */
final class Json {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private Json() {}

  static HttpResponse ok(Object answer) {
    return respond(HttpStatus.OK, answer);
  }

  static HttpResponse respond(HttpStatus status, Object answer) {
    return HttpResponse.of(status, MediaType.JSON, bytes(answer));
  }

  /** The form of every refusal over HTTP. */
  static byte[] error(String message) {
    return bytes(Map.of("error", message));
  }

  /** The same as a text. */
  static String text(Object answer) {
    return new String(bytes(answer), StandardCharsets.UTF_8);
  }

  private static byte[] bytes(Object answer) {
    try {
      return MAPPER.writeValueAsBytes(answer);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException("%s has no JSON form".formatted(answer.getClass()), e);
    }
  }
}
