import com.google.googlejavaformat.java.Formatter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Checks that the sources below folders are formatted, or formats them: check|write FOLDER... */
class Format {
  public static void main(String[] args) throws Exception {
    boolean write = args[0].equals("write");
    List<Path> sources = new ArrayList<>();
    for (String folder : List.of(args).subList(1, args.length)) {
      try (var walk = Files.walk(Path.of(folder))) {
        walk.filter(path -> path.toString().endsWith(".java")).sorted().forEach(sources::add);
      }
    }
    var formatter = new Formatter();
    int unformatted = 0;
    for (Path source : sources) {
      String text = Files.readString(source);
      String formatted;
      try {
        formatted = formatter.formatSourceAndFixImports(text);
      } catch (Exception e) {
        System.err.println(source + ": " + e.getMessage());
        unformatted++;
        continue;
      }
      if (formatted.equals(text)) {
        continue;
      }
      if (write) {
        Files.writeString(source, formatted);
      } else {
        System.err.println(source + ": not formatted (remedy: mvn process-sources -Dformat=write)");
        unformatted++;
      }
    }
    System.exit(unformatted == 0 ? 0 : 1);
  }
}
