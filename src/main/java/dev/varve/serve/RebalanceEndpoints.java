package dev.varve.serve;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.util.JsonFormat;
import com.linecorp.armeria.common.AggregatedHttpRequest;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.MediaType;
import com.linecorp.armeria.common.util.Exceptions;
import com.linecorp.armeria.server.ServerBuilder;
import com.linecorp.armeria.server.ServiceRequestContext;
import dev.varve.base.Check;
import dev.varve.schema.Command;
import dev.varve.schema.ExplainCommand;
import dev.varve.schema.HistoryCommand;
import dev.varve.schema.Reply;
import dev.varve.schema.StatusCommand;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Operators' commands over HTTP: the body is the command's message in JSON, the answer that of the
 * reply's result ({@code schemas/varve/v1/command.proto}), both with the names of the schema.
 *
 * <p>A command is carried out once however often it is sent with the same header {@code
 * Idempotency-Key}. Refused are: 400 what is no command, 404 what names something that is not
 * there, 409 what cannot be done now. 504 is no refusal: the command may be carried out yet.
 */
final class RebalanceEndpoints {
  private static final String PATH = "/api/rebalance";
  private static final String ID_HEADER = "Idempotency-Key";
  private static final int LONGEST_ID = 128;

  /** What may be sent to {@code /api/rebalance/ACTION}. */
  private static final List<String> ACTIONS =
      List.of(
          "plan", "apply", "cancel", "rollback", "pause", "resume", "pin", "unpin", "set-budget");

  /** Zeros are answers too: a client need not know what a missing number means. */
  private static final JsonFormat.Printer PRINTER =
      JsonFormat.printer().preservingProtoFieldNames().alwaysPrintFieldsWithNoPresence();

  private final Commands commands;

  RebalanceEndpoints(Commands commands) {
    this.commands = commands;
  }

  /** Adds its paths to a server. */
  void addTo(ServerBuilder server) {
    for (String action : ACTIONS) {
      FieldDescriptor field = Command.getDescriptor().findFieldByName(action.replace('-', '_'));
      server.route().post(PATH + "/" + action).build((ctx, request) -> post(ctx, request, field));
    }
    server
        .route()
        .get(PATH)
        .build((ctx, _) -> ask(ctx, it -> it.setStatus(StatusCommand.getDefaultInstance())));
    server
        .route()
        .get(PATH + "/history")
        .build((ctx, _) -> ask(ctx, it -> it.setHistory(HistoryCommand.getDefaultInstance())));
    server
        .route()
        .get("/api/explain/{table}/{id}")
        .build((ctx, _) -> ask(ctx, it -> it.setExplain(explain(ctx))));
  }

  private static ExplainCommand explain(ServiceRequestContext ctx) {
    return ExplainCommand.newBuilder()
        .setTable(String.valueOf(ctx.pathParam("table")))
        .setId(String.valueOf(ctx.pathParam("id")))
        .build();
  }

  private HttpResponse ask(ServiceRequestContext ctx, Consumer<Command.Builder> action) {
    Command.Builder command = command(ctx);
    action.accept(command);
    return HttpResponse.of(
        CompletableFuture.completedFuture(command.build())
            .thenComposeAsync(it -> answer(ctx, it), ctx.blockingTaskExecutor()));
  }

  private HttpResponse post(
      ServiceRequestContext ctx, HttpRequest request, FieldDescriptor action) {
    return HttpResponse.of(
        request
            .aggregate()
            .thenComposeAsync(
                body -> answer(ctx, command(ctx).setField(action, message(body, action)).build()),
                ctx.blockingTaskExecutor()));
  }

  private static Command.Builder command(ServiceRequestContext ctx) {
    String id = ctx.request().headers().get(ID_HEADER);
    if (id != null && (id.isBlank() || id.length() > LONGEST_ID)) {
      throw RefusedException.malformed(ID_HEADER, id, "1 to %d characters".formatted(LONGEST_ID));
    }
    return Command.newBuilder()
        .setId(id == null ? UUID.randomUUID().toString() : id)
        .setSender("http " + Access.caller(ctx));
  }

  private static Message message(AggregatedHttpRequest body, FieldDescriptor action) {
    Message.Builder message = Command.newBuilder().newBuilderForField(action);
    String json = body.contentUtf8().isBlank() ? "{}" : body.contentUtf8();
    try {
      JsonFormat.parser().merge(json, message);
    } catch (InvalidProtocolBufferException e) {
      throw RefusedException.malformed(
          "body",
          String.valueOf(e.getMessage()).lines().findFirst().orElse("unreadable"),
          "a JSON object with the fields of %s".formatted(action.getMessageType().getName()));
    }
    return message.build();
  }

  private CompletableFuture<HttpResponse> answer(ServiceRequestContext ctx, Command command) {
    // An answer takes as long as a commit or two; the client of the commands knows when it is late.
    ctx.clearRequestTimeout();
    return commands
        .send(command)
        .handle((reply, failure) -> failure == null ? answer(reply) : failed(command, failure));
  }

  private static HttpResponse answer(Reply reply) {
    if (!reply.getError().isEmpty()) {
      return Json.respond(status(reply), Map.of("error", reply.getError()));
    }
    Message result = result(reply);
    if (result == null) {
      throw new IllegalStateException(
          Check.message("reply", "empty", "a result or an error for " + reply.getId()));
    }
    try {
      return HttpResponse.of(HttpStatus.OK, MediaType.JSON, PRINTER.print(result));
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("%s has no JSON form".formatted(reply.getResultCase()), e);
    }
  }

  private static @Nullable Message result(Reply reply) {
    return switch (reply.getResultCase()) {
      case STATUS -> reply.getStatus();
      case PLAN -> reply.getPlan();
      case CHANGE -> reply.getChange();
      case EXPLANATION -> reply.getExplanation();
      case HISTORY -> reply.getHistory();
      case RESULT_NOT_SET -> null;
    };
  }

  private static HttpStatus status(Reply reply) {
    return switch (reply.getRefusal()) {
      case INVALID -> HttpStatus.BAD_REQUEST;
      case NOT_FOUND -> HttpStatus.NOT_FOUND;
      case NOT_NOW, UNRECOGNIZED -> HttpStatus.CONFLICT;
    };
  }

  private static HttpResponse failed(Command command, Throwable failure) {
    if (Exceptions.peel(failure) instanceof TimeoutException) {
      String name = command.getActionCase().name().toLowerCase(Locale.ROOT).replace('_', '-');
      String message =
          Check.message(
              name,
              "no answer yet",
              "one in time; it may be carried out yet: send it again with %s: %s"
                  .formatted(ID_HEADER, command.getId()));
      return Json.respond(HttpStatus.GATEWAY_TIMEOUT, Map.of("error", message));
    }
    throw new CompletionException(failure);
  }
}
