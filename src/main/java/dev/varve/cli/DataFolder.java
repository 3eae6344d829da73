package dev.varve.cli;

import dev.varve.base.Check;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/** The folder of one {@code varve up}, locked while it runs. */
final class DataFolder implements AutoCloseable {
  private final Path folder;
  private final FileChannel lockFile;

  private DataFolder(Path folder, FileChannel lockFile) {
    this.folder = folder;
    this.lockFile = lockFile;
  }

  /** Under the user's data folder, as the XDG base directory specification has it. */
  static Path usual() {
    String data = System.getenv("XDG_DATA_HOME");
    Path base =
        data == null || data.isBlank()
            ? Path.of(System.getProperty("user.home"), ".local", "share")
            : Path.of(data);
    return base.resolve("varve");
  }

  /**
   * Makes the folder if it is not there, and locks it.
   *
   * @throws CommandException when it cannot be written, or another process has it
   */
  static DataFolder lock(Path folder) {
    try {
      Files.createDirectories(folder);
      FileChannel file =
          FileChannel.open(
              folder.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      if (tryLock(file) == null) {
        file.close();
        throw new CommandException(
            Check.message(
                "data folder",
                folder,
                "a folder that no other Varve uses; stop that one or give another with --data"));
      }
      return new DataFolder(folder, file);
    } catch (IOException e) {
      throw new CommandException(
          Check.message("data folder", folder, "a folder that can be written; " + e), e);
    }
  }

  private static @Nullable FileLock tryLock(FileChannel file) throws IOException {
    try {
      return file.tryLock();
    } catch (OverlappingFileLockException e) {
      return null;
    }
  }

  Path path() {
    return folder;
  }

  /** The embedded broker's data. */
  Path kafka() {
    return folder.resolve("kafka");
  }

  /** RocksDB. */
  Path state() {
    return folder.resolve("state");
  }

  @Override
  public void close() throws IOException {
    lockFile.close();
  }
}
