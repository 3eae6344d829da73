package dev.varve.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.varve.layout.Budget;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** A budget on the command line, as in the configuration. */
final class BudgetArgument implements ITypeConverter<Budget> {
  /** Adds the fields that a command has for it. */
  static ObjectNode add(Budget budget, ObjectNode body) {
    return body.put("budget", budget.amount()).put("unit", budget.unit().name());
  }

  @Override
  public Budget convert(String text) {
    try {
      return Budget.parse(text);
    } catch (IllegalArgumentException e) {
      throw new TypeConversionException(String.valueOf(e.getMessage()));
    }
  }
}
