package dev.varve.log;

import static dev.varve.testing.Cases.forAll;
import static org.assertj.core.api.Assertions.assertThat;

import de.siegmar.fastcsv.writer.CsvWriter;
import java.io.IOException;
import java.io.Reader;
import java.io.StringReader;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class DelimitedRowsTest {
  private static final String[] PIECES = {
    "a", "é", "\"", ",", "\n", "\r\n", " ", "\"\"", "𝄞", "xyz"
  };

  @Test
  void whatAnotherLibraryWritesIsReadBackWhereverTheBufferEnds() {
    forAll(
        300,
        random -> {
          int columns = random.nextInt(1, 6);
          List<List<String>> rows = rows(random, columns);
          var text = new StringWriter();
          CsvWriter writer = CsvWriter.builder().build(text);
          rows.forEach(writer::writeRecord);
          writer.flush();
          assertThat(read(dribbling(text.toString(), random), columns)).isEqualTo(rows);
        });
  }

  private static List<List<String>> rows(RandomGenerator random, int columns) {
    var rows = new ArrayList<List<String>>();
    for (int i = random.nextInt(40); i >= 0; i--) {
      var row = new ArrayList<String>();
      for (int c = 0; c < columns; c++) {
        int pieces = random.nextInt(50) == 0 ? 40_000 : random.nextInt(6);
        var cell = new StringBuilder(c == 0 ? "first" : "");
        for (int p = 0; p < pieces; p++) {
          cell.append(PIECES[random.nextInt(PIECES.length)]);
        }
        row.add(cell.toString());
      }
      rows.add(row);
    }
    return rows;
  }

  private static List<List<String>> read(Reader reader, int columns) throws IOException {
    var names = new ArrayList<String>();
    for (int c = 0; c < columns; c++) {
      names.add("c" + c);
    }
    var format = new Rules.Format(Rules.Kind.CSV, false, names, ',');
    var read = new ArrayList<List<String>>();
    try (var rows = DelimitedRows.open(new Lines(reader), format, true)) {
      while (rows.next()) {
        assertThat(rows.problem()).isNull();
        var row = new ArrayList<String>();
        for (int c = 0; c < columns; c++) {
          row.add(rows.text(c));
        }
        read.add(row);
      }
    }
    return read;
  }

  /** Gives a few characters at a time, as a network does. */
  private static Reader dribbling(String text, RandomGenerator random) {
    return new StringReader(text) {
      @Override
      public int read(char[] into, int offset, int length) throws IOException {
        return super.read(into, offset, Math.min(length, random.nextInt(1, 5_000)));
      }
    };
  }
}
