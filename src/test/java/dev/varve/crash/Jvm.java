package dev.varve.crash;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.jar.JarOutputStream;
import java.util.zip.ZipEntry;

/**
 * Starts JVMs that start fast: what is killed thirty times is mostly starting. A third of that is
 * saved by an archive of loaded classes, which the first process that stops cleanly leaves for the
 * others; it takes no folders on the class path, so they become jars.
 */
final class Jvm {
  private final Path folder;
  private final String classPath;

  /**
   * @param folder for jars and scratch files
   */
  Jvm(Path folder) throws IOException {
    this.folder = folder;
    List<String> jars = new ArrayList<>();
    for (String entry : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
      Path path = Path.of(entry);
      jars.add(Files.isDirectory(path) ? jar(path, jars.size()).toString() : entry);
    }
    classPath = String.join(File.pathSeparator, jars);
  }

  private Path jar(Path classes, int number) throws IOException {
    Path jar = folder.resolve("classes-%d.jar".formatted(number));
    try (OutputStream bytes = Files.newOutputStream(jar);
        var entries = new JarOutputStream(bytes);
        var files = Files.walk(classes)) {
      entries.setLevel(0);
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        entries.putNextEntry(
            new ZipEntry(classes.relativize(file).toString().replace(File.separatorChar, '/')));
        Files.copy(file, entries);
      }
    }
    return jar;
  }

  /**
   * Starts a main class.
   *
   * @param output file for what it prints
   */
  Child start(Class<?> main, Path output, String... args) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("@ops/jvm.flags", "@ops/compute.flags"));
    command.addAll(List.of("-Xmx256m", "-XX:+UseSerialGC"));
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:-UsePerfData"));
    command.addAll(List.of("-XX:+AutoCreateSharedArchive", "-Xlog:cds=off", "-Xlog:aot=off"));
    command.add("-XX:SharedArchiveFile=" + folder.resolve(main.getSimpleName() + ".jsa"));
    command.add("-Djava.io.tmpdir=" + scratch(main));
    command.addAll(List.of("-cp", classPath, main.getName()));
    Collections.addAll(command, args);
    return new Child(new ProcessBuilder(command).redirectErrorStream(true).start(), output);
  }

  /** Empty: whoever is killed leaves its temporary files. */
  private Path scratch(Class<?> main) throws IOException {
    Path scratch = folder.resolve(main.getSimpleName() + "-scratch");
    Folders.delete(scratch);
    return Files.createDirectories(scratch);
  }
}
