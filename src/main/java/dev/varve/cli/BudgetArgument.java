package dev.varve.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.varve.base.Bytes;
import dev.varve.base.Check;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * A budget on the command line: {@code 64MiB}, {@code 2000000 parameters} or {@code none}.
 *
 * @param amount in the unit; 0 for none
 * @param unit as commands name it
 */
record BudgetArgument(long amount, String unit) {
  private static final Pattern PARAMETERS = Pattern.compile("(\\d{1,18})\\s*parameters");
  private static final String RULE =
      "a size such as 64MiB, a number such as '2000000 parameters', or none";

  /** Reads one, or throws {@link IllegalArgumentException}. */
  static BudgetArgument parse(String text) {
    String stripped = text.strip();
    if (stripped.equals("none")) {
      return new BudgetArgument(0, "NO_BUDGET");
    }
    var parameters = PARAMETERS.matcher(stripped);
    if (parameters.matches()) {
      return new BudgetArgument(Long.parseLong(parameters.group(1)), "PARAMETERS");
    }
    try {
      return new BudgetArgument(Bytes.parse(stripped).count(), "BYTES");
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(Check.message("budget", text, RULE), e);
    }
  }

  /** Adds the fields that a command has for it. */
  ObjectNode addTo(ObjectNode body) {
    return body.put("budget", amount).put("unit", unit);
  }

  /** For picocli. */
  static final class Converter implements ITypeConverter<BudgetArgument> {
    @Override
    public BudgetArgument convert(String text) {
      try {
        return parse(text);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(String.valueOf(e.getMessage()));
      }
    }
  }
}
