package dev.varve.bench;

import dev.varve.base.Check;
import dev.varve.broker.EmbeddedBroker;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * A {@code redis-server} of our own on a free port of this machine, which stores nothing on disk,
 * and one connection to it. An id's key is its number in 12 digits, as {@code redis-benchmark}
 * draws them; its value is the vector, 64 bytes.
 *
 * <p><b>Threads:</b> one.
 */
final class RedisServer implements AutoCloseable {
  private static final int AT_ONCE = 1_000;
  private static final long POLL_MS = 10;
  private static final int POLLS = 1_000;
  private static final byte[] END = {'\r', '\n'};

  private final Process process;
  private final int port;
  private final Socket socket;
  private final DataInputStream in;
  private final OutputStream out;

  private RedisServer(Process process, int port, Socket socket) throws IOException {
    this.process = process;
    this.port = port;
    this.socket = socket;
    this.in = new DataInputStream(new BufferedInputStream(socket.getInputStream()));
    this.out = socket.getOutputStream();
  }

  /**
   * Starts it.
   *
   * @param folder where it runs
   */
  static RedisServer start(Path folder) throws IOException, InterruptedException {
    int port = EmbeddedBroker.freePort();
    Process process =
        new ProcessBuilder(
                Tool.REDIS_SERVER.text(),
                "--port",
                Integer.toString(port),
                "--bind",
                "127.0.0.1",
                "--save",
                "",
                "--appendonly",
                "no")
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("redis.txt").toFile())
            .start();
    try {
      return new RedisServer(process, port, connect(process, port));
    } catch (IOException | InterruptedException | RuntimeException e) {
      process.destroyForcibly();
      throw e;
    }
  }

  private static Socket connect(Process process, int port)
      throws IOException, InterruptedException {
    for (int i = 0; i < POLLS; i++) {
      try {
        return new Socket(InetAddress.getLoopbackAddress(), port);
      } catch (IOException e) {
        if (!process.isAlive()) {
          throw new IOException("redis-server: ended (expected: to serve)", e);
        }
        TimeUnit.MILLISECONDS.sleep(POLL_MS);
      }
    }
    throw new IOException("redis-server: no answer in 10 s (expected: to serve)");
  }

  int port() {
    return port;
  }

  /** Processor time that it has used. */
  Duration cpu() {
    return process.info().totalCpuDuration().orElse(Duration.ZERO);
  }

  static String key(int id) {
    return "%012d".formatted(id);
  }

  /** Stores the vectors of all rows. */
  void fill(ServedRows rows) throws IOException {
    for (int from = 0; from < rows.rows(); from += AT_ONCE) {
      int n = Math.min(AT_ONCE, rows.rows() - from);
      var command = ByteBuffer.allocate(64 + n * (64 + ServedRows.VECTOR_BYTES));
      begin(command, "MSET", 2 * n);
      for (int id = from; id < from + n; id++) {
        put(command, key(id));
        putHeader(command, '$', ServedRows.VECTOR_BYTES);
        rows.putVector(id, command);
        command.put(END);
      }
      send(command);
      String answer = line();
      Check.that(answer.equals("+OK"), "MSET", answer, "+OK");
    }
  }

  /** The vectors of ids, one after the other; fails where there is none. */
  byte[] vectors(int[] ids) throws IOException {
    var command = ByteBuffer.allocate(64 + ids.length * 32);
    begin(command, "MGET", ids.length);
    for (int id : ids) {
      put(command, key(id));
    }
    send(command);
    String answer = line();
    Check.that(answer.equals("*" + ids.length), "MGET", answer, "*" + ids.length);
    byte[] vectors = new byte[ids.length * ServedRows.VECTOR_BYTES];
    for (int i = 0; i < ids.length; i++) {
      String header = line();
      Check.that(header.equals("$" + ServedRows.VECTOR_BYTES), key(ids[i]), header, "64 bytes");
      in.readFully(vectors, i * ServedRows.VECTOR_BYTES, ServedRows.VECTOR_BYTES);
      line();
    }
    return vectors;
  }

  private static void begin(ByteBuffer command, String name, int arguments) {
    putHeader(command, '*', 1 + arguments);
    put(command, name);
  }

  private static void put(ByteBuffer command, String argument) {
    putHeader(command, '$', argument.length());
    command.put(argument.getBytes(StandardCharsets.US_ASCII)).put(END);
  }

  private static void putHeader(ByteBuffer command, char type, int size) {
    command.put((type + Integer.toString(size)).getBytes(StandardCharsets.US_ASCII)).put(END);
  }

  private void send(ByteBuffer command) throws IOException {
    byte[] bytes = new byte[command.flip().remaining()];
    command.get(bytes);
    out.write(bytes);
  }

  private String line() throws IOException {
    var line = new StringBuilder();
    for (byte b = in.readByte(); b != '\n'; b = in.readByte()) {
      if (b != '\r') {
        line.append((char) b);
      }
    }
    return line.toString();
  }

  /** Ends it; nothing of it is kept. */
  @Override
  public void close() throws IOException {
    socket.close();
    process.destroyForcibly().onExit().join();
  }
}
