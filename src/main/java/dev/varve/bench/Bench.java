package dev.varve.bench;

import java.io.IOException;
import java.util.List;

/** One question about the store. */
interface Bench {
  /** The question in one line, with the sizes. */
  String question();

  /** Memory that it takes, off the heap. */
  long bytes();

  /** Measures. */
  List<Figure> run(Progress progress) throws IOException, InterruptedException;
}
