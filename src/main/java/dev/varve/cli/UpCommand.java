package dev.varve.cli;

import dev.varve.config.Loaded;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code varve up}: runs everything in this process until it is told to stop. */
@Command(
    name = "up",
    description = {
      "Run Varve in this process: broker, learning, serving.",
      "Without kafka.bootstrap a broker is started and keeps its data in the data folder. Prints"
          + " one line when it is ready; stops on SIGTERM and Ctrl-C."
    },
    mixinStandardHelpOptions = true)
final class UpCommand implements Callable<Integer> {
  private static final Duration CHECK_EVERY = Duration.ofSeconds(1);

  @Spec private CommandSpec spec = CommandSpec.create();

  @Mixin private ConfigOptions config = new ConfigOptions();

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description = "Folder for all data. Default: varve in the user's data folder.")
  private @Nullable Path data;

  @Option(
      names = "--http-port",
      paramLabel = "PORT",
      description = "Port of REST, status and metrics: serve.http-port.")
  private @Nullable Integer httpPort;

  @Option(
      names = "--grpc-port",
      paramLabel = "PORT",
      description = "Port of gRPC: serve.grpc-port.")
  private @Nullable Integer grpcPort;

  @Override
  public Integer call() throws IOException, InterruptedException {
    long begunNs = System.nanoTime();
    Loaded<VarveConfig> loaded = config.load(portSettings());
    var stopped = new CountDownLatch(1);
    try (DataFolder folder = DataFolder.lock(data == null ? DataFolder.usual() : data);
        Node node = new Node(loaded.config(), Main.version())) {
      // The hook waits until everything below has been closed by this thread.
      Thread main = Thread.currentThread();
      var stop =
          new Thread(
              () -> {
                main.interrupt();
                awaitUninterrupted(stopped);
              },
              "stop");
      Runtime.getRuntime().addShutdownHook(stop);
      Node.Started started = node.start(folder);
      spec.commandLine()
          .getOut()
          .println(readyLine(started, loaded.config().serve().tls(), folder, begunNs));
      while (!started.applications().state().equals("failed")) {
        TimeUnit.MILLISECONDS.sleep(CHECK_EVERY.toMillis());
      }
      throw new CommandException("varve: failed (expected: running; the log says why)");
    } catch (InterruptedException e) {
      return 0;
    } finally {
      stopped.countDown();
    }
  }

  private List<String> portSettings() {
    List<String> settings = new ArrayList<>();
    if (httpPort != null) {
      settings.add("serve.http-port=" + httpPort);
    }
    if (grpcPort != null) {
      settings.add("serve.grpc-port=" + grpcPort);
    }
    return settings;
  }

  private static String readyLine(
      Node.Started started, boolean tls, DataFolder folder, long begunNs) {
    String secure = tls ? "s" : "";
    return String.format(
        Locale.ROOT,
        "varve is ready: http%s://127.0.0.1:%d grpc%s://127.0.0.1:%d kafka://%s data %s (%.1f s)",
        secure,
        started.server().httpPort(),
        secure,
        started.server().grpcPort(),
        started.bootstrap(),
        folder.path(),
        (System.nanoTime() - begunNs) / 1e9);
  }

  private static void awaitUninterrupted(CountDownLatch latch) {
    boolean interrupted = false;
    while (true) {
      try {
        latch.await();
        break;
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
