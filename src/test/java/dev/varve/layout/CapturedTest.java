package dev.varve.layout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.varve.layout.Populace.Row;
import dev.varve.schema.Estimate;
import dev.varve.schema.TableCensus;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class CapturedTest {
  /** An exact power law has no error of its own, so only the shards differ. */
  private static final Map<String, Spectrum> EXACT =
      Spectrum.of(
          List.of(
              TableCensus.newBuilder()
                  .setTable("t")
                  .addAllEnergy(List.of(1.0, 0.5, 1.0 / 3, 0.25))
                  .addAllEnergyRows(List.of(1L, 1L, 1L, 1L))
                  .build()),
          4);

  private static final Cuts ONE = new Cuts(List.of(1), List.of(Double.NEGATIVE_INFINITY), 0);

  private static CensusView shard(Row... rows) {
    var merge = new CensusMerge();
    merge.put(Populace.census(0, List.of(rows)));
    return merge.view(Populace.HALF_LIFE_MS);
  }

  private static Captured captured(Map<String, Spectrum> spectra, CensusView... shards) {
    var captured = new Captured(spectra, Spectrum.unknown(4), 4);
    for (CensusView shard : shards) {
      captured.add(shard, Map.of("t", ONE));
    }
    return captured;
  }

  @Test
  void theShareIsWeightedWithPopularity() {
    // All of 2 units of popularity at dimension 4, and 1 without a row.
    Captured captured = captured(EXACT, shard(new Row("t", 4, 2), new Row("t", 0, 1)));

    double all = 1 + 0.5 + 1.0 / 3 + 0.25;
    assertThat(captured.before().getValue()).isCloseTo(2.0 / 3, within(1e-9));
    assertThat(captured.after().getValue()).isCloseTo(1 / all, within(1e-9));
    assertThat(captured.gain().getValue()).isCloseTo(1 / all - 2.0 / 3, within(1e-9));
  }

  @Test
  void shardsThatAgreeLeaveNoDoubtAndOthersDo() {
    var alike = shard(new Row("t", 4, 2), new Row("t", 0, 1));
    Estimate sure = captured(EXACT, alike, alike, alike).before();
    assertThat(sure.getHigh() - sure.getLow()).isCloseTo(0, within(1e-6));

    Captured unlike = captured(EXACT, shard(new Row("t", 4, 1)), shard(new Row("t", 0, 1)));
    // Without the one shard the share is 0, without the other 1: variance 1/2 * (1/4 + 1/4).
    assertThat(unlike.before().getValue()).isCloseTo(0.5, within(1e-9));
    assertThat(unlike.before().getLow()).isZero();
    assertThat(unlike.before().getHigh()).isEqualTo(1);
    assertThat(unlike.gain().getLow()).isGreaterThanOrEqualTo(-1);
  }

  @Test
  void aSpectrumThatIsNotKnownLeavesDoubtWhereCoordinatesAreCut() {
    var shard = shard(new Row("t", 4, 2));
    Estimate after = captured(Map.of(), shard).after();
    Estimate before = captured(Map.of(), shard).before();

    assertThat(after.getHigh() - after.getLow()).isGreaterThan(0.1);
    assertThat(before.getHigh() - before.getLow()).isCloseTo(0, within(1e-9));
  }

  @Test
  void withoutRowsNothingIsCaptured() {
    assertThat(captured(EXACT, shard()).before())
        .isEqualTo(Estimate.newBuilder().setValue(0).setLow(0).setHigh(0).build());
  }
}
