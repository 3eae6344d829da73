package dev.varve.serve;

import static dev.varve.testing.Cases.forAll;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.varve.store.Vectors;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class JsonAnswerWriterTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @Test
  void everyFiniteFloatReadsBackBitForBit() {
    forAll(
        300,
        random -> {
          float[] vectors = finiteFloats(1 + random.nextInt(200), random);
          JsonNode data = JSON.readTree(write(vectors)).at("/outputs/0/data");
          for (int i = 0; i < vectors.length; i++) {
            float read = Float.parseFloat(data.get(i).asText());
            assertThat(Float.floatToRawIntBits(data.get(i).floatValue()))
                .isEqualTo(Float.floatToRawIntBits(vectors[i]));
            assertThat(read).isEqualTo(vectors[i]);
          }
        });
  }

  @Test
  void floatsHaveNoDigitsThatAreNotTheirs() {
    float[] vectors = {0.1f, -0.0f, 1e-5f, Float.MIN_VALUE, Float.MAX_VALUE, 16777216f};

    assertThat(new String(write(vectors), StandardCharsets.UTF_8))
        .contains("[0.1,-0.0,1.0E-5,1.4E-45,3.4028235E38,1.6777216E7]");
  }

  @Test
  void namesOfOthersAreEscaped() throws Exception {
    var request = new LookupRequest("a\"b", "", "\n", new long[0], OutputSet.LOOKUP.usual());
    byte[] json = write(request, new Vectors(0, 1));

    assertThat(JSON.readTree(json).path("model_name").asText()).isEqualTo("a\"b");
    assertThat(JSON.readTree(json).path("id").asText()).isEqualTo("\n");
  }

  @Test
  void absentIdIsNotWritten() throws Exception {
    assertThat(JSON.readTree(write(new float[1])).has("id")).isFalse();
  }

  private static byte[] write(float[] vectors) {
    int n = vectors.length;
    var request = new LookupRequest("user", "", "", new long[n], List.of(Output.EMBEDDINGS));
    var found = new Vectors(n, 1);
    System.arraycopy(vectors, 0, found.vectors(), 0, n);
    return write(request, found);
  }

  private static byte[] write(LookupRequest request, Vectors found) {
    var answer =
        new LookupAnswer(request.head(), new Freshness(1, 0, 0), found, new long[] {found.size()});
    return JsonAnswerWriter.write(answer, Set.of()).body();
  }

  /** Every bit pattern is as likely, so subnormal, huge and tiny floats all come up. */
  private static float[] finiteFloats(int n, RandomGenerator random) {
    float[] floats = new float[n];
    for (int i = 0; i < n; i++) {
      float value = Float.intBitsToFloat(random.nextInt());
      floats[i] = Float.isFinite(value) ? value : -0.0f;
    }
    return floats;
  }
}
