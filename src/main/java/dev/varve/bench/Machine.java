package dev.varve.bench;

import com.sun.management.OperatingSystemMXBean;
import dev.varve.base.Bytes;
import dev.varve.kernel.Kernels;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * What figures were measured on.
 *
 * @param cpu its name, where the operating system tells
 * @param hugePages what the kernel says of transparent huge pages
 * @param jvmFlags those that were given
 * @param load processes that wanted to run in the last minute; negative where nobody tells
 */
public record Machine(
    String cpu,
    int processors,
    String memory,
    String os,
    String hugePages,
    String jdk,
    String heap,
    List<String> jvmFlags,
    String kernels,
    double load) {
  private static final Path CPU_INFO = Path.of("/proc/cpuinfo");
  private static final Path HUGE_PAGES = Path.of("/sys/kernel/mm/transparent_hugepage/enabled");
  private static final Path MEMORY_INFO = Path.of("/proc/meminfo");
  private static final String UNKNOWN = "unknown";

  public Machine {
    jvmFlags = List.copyOf(jvmFlags);
  }

  /** This one, now. */
  static Machine here() {
    Runtime runtime = Runtime.getRuntime();
    return new Machine(
        valueOf(CPU_INFO, "model name"),
        runtime.availableProcessors(),
        new Bytes(system().getTotalMemorySize()).toHuman(),
        "%s %s %s".formatted(property("os.name"), property("os.version"), property("os.arch")),
        text(HUGE_PAGES),
        "%s %s".formatted(property("java.vm.vendor"), property("java.vm.version")),
        new Bytes(runtime.maxMemory()).toHuman(),
        ManagementFactory.getRuntimeMXBean().getInputArguments(),
        Kernels.KERNELS.describe(),
        system().getSystemLoadAverage());
  }

  /** Memory that can be taken without others having to give theirs up. */
  static long availableBytes() {
    String kib = valueOf(MEMORY_INFO, "MemAvailable").replaceAll("\\D", "");
    // A container may have less than the machine.
    long total = system().getTotalMemorySize();
    return kib.isEmpty()
        ? system().getFreeMemorySize()
        : Math.min(total, Long.parseLong(kib) << 10);
  }

  private static OperatingSystemMXBean system() {
    return ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
  }

  private static String property(String name) {
    return System.getProperty(name, UNKNOWN);
  }

  private static String text(Path file) {
    try {
      return Files.readString(file).strip();
    } catch (IOException e) {
      return UNKNOWN;
    }
  }

  private static String valueOf(Path file, String name) {
    return text(file)
        .lines()
        .filter(line -> line.startsWith(name))
        .map(line -> line.substring(line.indexOf(':') + 1).strip())
        .findFirst()
        .orElse(UNKNOWN);
  }
}
