package dev.varve.layout;

import java.util.List;

/**
 * The census as allocators see it.
 *
 * @param scale popularity at the merged watermark
 * @param tables sorted by name
 */
record CensusView(Scale scale, List<TableRows> tables) {
  CensusView {
    tables = List.copyOf(tables);
  }
}
