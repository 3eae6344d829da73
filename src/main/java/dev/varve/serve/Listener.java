package dev.varve.serve;

import com.linecorp.armeria.common.SessionProtocol;
import com.linecorp.armeria.common.TlsProvider;
import com.linecorp.armeria.common.util.EventLoopGroups;
import com.linecorp.armeria.common.util.Exceptions;
import com.linecorp.armeria.server.Route;
import com.linecorp.armeria.server.Server;
import com.linecorp.armeria.server.ServerBuilder;
import com.linecorp.armeria.server.ServiceConfig;
import dev.varve.base.Check;
import io.netty.channel.EventLoopGroup;
import io.netty.util.concurrent.SingleThreadEventExecutor;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A server on one port, and the thread that accepts its connections. */
final class Listener {
  /** Requests in flight may end; open connections without one are not waited for. */
  private static final Duration LAST_ANSWERS = Duration.ofMillis(500);

  /** An HTTP/2 connection that its client keeps open would take a second to say goodbye. */
  private static final Duration LONGEST_STOP = Duration.ofMillis(900);

  private final Server server;
  private final CompletableFuture<Void> retiring;

  private Listener(Server server, CompletableFuture<Void> retiring) {
    this.server = server;
    this.retiring = retiring;
  }

  /**
   * Binds a port and serves.
   *
   * @param tls certificates for connections, which are then never in clear text; null for none
   * @param key of the port in the configuration
   * @param services adds what is served
   * @throws PortTakenException when the port cannot be listened on
   */
  static Listener start(
      ServeConfig config,
      @Nullable TlsProvider tls,
      String key,
      int port,
      Consumer<ServerBuilder> services) {
    var address = new InetSocketAddress(config.host(), port);
    Check.that(!address.isUnresolved(), "serve.host", config.host(), "a host with an address");
    var retiring = new CompletableFuture<Void>();
    var builder = builder(config, retiring);
    if (tls == null) {
      builder.port(address, SessionProtocol.HTTP);
    } else {
      builder.port(address, SessionProtocol.HTTPS).tlsProvider(tls);
    }
    services.accept(builder);
    var listener = new Listener(builder.build(), retiring);
    listener.start(key, config.host(), port);
    return listener;
  }

  int port() {
    return server.activeLocalPort();
  }

  /** The methods and paths that it answers. */
  List<Route> routes() {
    return server.serviceConfigs().stream().map(ServiceConfig::route).toList();
  }

  /**
   * Frees the port at once, lets requests in flight end, then closes every connection. The last
   * thing a server does is to retire its acceptor, for which it allows two seconds of silence that
   * nobody has to wait for: the stop is complete when that begins, or when its time is over.
   */
  CompletableFuture<?> stop() {
    return CompletableFuture.anyOf(server.stop(), retiring)
        .completeOnTimeout(null, LONGEST_STOP.toMillis(), TimeUnit.MILLISECONDS);
  }

  private static ServerBuilder builder(ServeConfig config, CompletableFuture<Void> retiring) {
    return Server.builder()
        .bossGroupFactory(name -> acceptor(name, retiring))
        .requestTimeout(config.requestTimeout())
        .gracefulShutdownTimeout(Duration.ZERO, LAST_ANSWERS)
        .connectionDrainDuration(Duration.ZERO)
        // What is unexpected is logged where it is answered.
        .unloggedExceptionsReportInterval(Duration.ZERO)
        .disableServerHeader();
  }

  /** One daemon thread, which says when it is told to shut down. */
  private static EventLoopGroup acceptor(String name, CompletableFuture<Void> retiring) {
    EventLoopGroup group = EventLoopGroups.newEventLoopGroup(1, name, true);
    if (group.next() instanceof SingleThreadEventExecutor thread) {
      thread.addShutdownHook(() -> retiring.complete(null));
    }
    return group;
  }

  private void start(String key, String host, int port) {
    try {
      server.start().join();
    } catch (CompletionException e) {
      if (Exceptions.peel(e) instanceof IOException cause) {
        throw new PortTakenException(key, host, port, cause);
      }
      throw e;
    }
  }
}
