package dev.varve.bench;

/** Is told what is being done. */
@FunctionalInterface
public interface Progress {
  void at(String what);
}
