package dev.varve.serve;

import com.linecorp.armeria.common.HttpHeaderNames;
import com.linecorp.armeria.common.HttpMethod;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.server.DecoratingHttpServiceFunction;
import com.linecorp.armeria.server.HttpService;
import com.linecorp.armeria.server.ServiceRequestContext;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.netty.util.AttributeKey;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Lets a request pass whose bearer token has the role that it needs. Health needs none, so that
 * probes work; commands need an operator, and so does whatever no rule here knows.
 *
 * <p>A decorator of our own instead of Armeria's {@code AuthService}: that takes a future and
 * another turn of the event loop for each request, and knows one refusal where we have two.
 */
final class Access implements DecoratingHttpServiceFunction {
  private static final AttributeKey<String> CALLER = AttributeKey.valueOf(Access.class, "CALLER");
  private static final String SCHEME = "Bearer ";
  private static final String HEADER = "authorization";
  private static final String RULE = "Bearer and a token that serve.tokens has";

  private static final String INFERENCE = "/inference.GRPCInferenceService/";

  private static final Set<String> OPEN =
      Set.of(
          "/v2/health/live",
          "/v2/health/ready",
          INFERENCE + "ServerLive",
          INFERENCE + "ServerReady");

  private final Supplier<Tokens> tokens;
  private final Function<ServiceRequestContext, Role> needed;
  private final Counter unauthenticated;
  private final Counter forbidden;

  private Access(
      Supplier<Tokens> tokens,
      Function<ServiceRequestContext, Role> needed,
      MeterRegistry registry,
      String protocol) {
    this.tokens = tokens;
    this.needed = needed;
    this.unauthenticated = counter(registry, protocol, Outcome.UNAUTHENTICATED);
    this.forbidden = counter(registry, protocol, Outcome.FORBIDDEN);
  }

  /** For the HTTP port: readers may get everything and look up; all else is for operators. */
  static Access http(Supplier<Tokens> tokens, MeterRegistry registry) {
    return new Access(tokens, Access::neededOverHttp, registry, "rest");
  }

  /** For the gRPC port: readers may look up; what instances ask each other is for operators. */
  static Access grpc(Supplier<Tokens> tokens, MeterRegistry registry) {
    return new Access(tokens, Access::neededOverGrpc, registry, "grpc");
  }

  /** Who sent a request, for people: the name of the token, if any, and the address. */
  static String caller(ServiceRequestContext ctx) {
    String address = ctx.clientAddress().getHostAddress();
    String name = ctx.attr(CALLER);
    return name == null ? address : name + " " + address;
  }

  @Override
  public HttpResponse serve(HttpService delegate, ServiceRequestContext ctx, HttpRequest request)
      throws Exception {
    if (!OPEN.contains(ctx.path())) {
      Token token = token(request.headers().get(HttpHeaderNames.AUTHORIZATION, ""));
      Role role = needed.apply(ctx);
      if (!token.role().may(role)) {
        forbidden.increment();
        throw RefusedException.forbidden(
            "role", "%s, of %s".formatted(token.role().text(), token.name()), role.text());
      }
      ctx.setAttr(CALLER, token.name());
    }
    return delegate.serve(ctx, request);
  }

  private Token token(String header) {
    // The scheme is a word of HTTP: its case means nothing.
    boolean bearer = header.regionMatches(true, 0, SCHEME, 0, SCHEME.length());
    Optional<Token> token =
        bearer ? tokens.get().find(header.substring(SCHEME.length()).strip()) : Optional.empty();
    return token.orElseThrow(
        () -> {
          unauthenticated.increment();
          String found =
              header.isEmpty() ? "none" : bearer ? "an unknown token" : "no bearer token";
          return RefusedException.unauthenticated(HEADER, found, RULE);
        });
  }

  private static Role neededOverHttp(ServiceRequestContext ctx) {
    boolean reads = ctx.method() == HttpMethod.GET || ctx.method() == HttpMethod.HEAD;
    boolean looksUp = ctx.path().startsWith("/v2/") || ctx.path().equals(FeastEndpoint.PATH);
    return reads || looksUp ? Role.READER : Role.OPERATOR;
  }

  private static Role neededOverGrpc(ServiceRequestContext ctx) {
    return ctx.path().startsWith(INFERENCE) ? Role.READER : Role.OPERATOR;
  }

  private static Counter counter(MeterRegistry registry, String protocol, Outcome outcome) {
    return Counter.builder("varve.access.refusals")
        .description("Requests without a valid token, or whose role does not allow them")
        .tag("protocol", protocol)
        .tag("outcome", outcome.text())
        .register(registry);
  }
}
