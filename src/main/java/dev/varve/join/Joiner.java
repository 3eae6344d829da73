package dev.varve.join;

import dev.varve.base.Seeds;
import dev.varve.event.RefusedEventException;
import dev.varve.schema.Click;
import dev.varve.schema.Example;
import dev.varve.schema.Impression;
import dev.varve.schema.JoinClock;
import dev.varve.schema.JoinReport;
import dev.varve.schema.Waiting;
import java.nio.charset.StandardCharsets;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Joins the impressions and clicks of one partition into labelled examples. Time is the latest
 * event time of the partition.
 *
 * <ul>
 *   <li>A click and its impression, whichever comes first: a positive example at once.
 *   <li>An impression without a click when the time is later than its own by more than the window:
 *       a negative one.
 *   <li>A click that comes later still, as long as its impression is kept: a correction.
 * </ul>
 *
 * <p>As long as an impression and its click arrive before the window closes, neither their order
 * nor what comes twice changes the set of examples.
 *
 * <p><b>Corrections.</b> A join that waits for ever learns a clicked impression with the gradient
 * {@code (p - 1) x}: p is the prediction, x the derivatives of its logit. This one has learned it
 * with {@code p x} as not clicked. What is missing is the difference, {@code -x}, whatever p is:
 * that is the gradient of a correction, a positive example with weight {@code 1 / (1 - p)} without
 * its risk of dividing by nearly nothing. Both together are what the patient join learns, up to how
 * far x has moved in between; no probability of a late click has to be estimated.
 *
 * <p><b>Left out negatives.</b> Of impressions without a click only a share s is learned, chosen by
 * the request id. What is learned from then has odds 1/s times the true ones, so the model is
 * trained with {@code -ln s} added to its logit: the logit itself stays that of all impressions. An
 * impression that was left out and is clicked late is an ordinary positive example, because there
 * is nothing to take back: in both cases the gradients sum to {@code (p' - 1) x}, p' with the
 * logit's addition.
 *
 * <p><b>Source:</b> immediate negatives with compensation follow Ktena et al. 2019 (fake negative
 * calibration), who divide by an estimated share; the log-odds correction King and Zeng 2001,
 * section 4.1.
 *
 * <p><b>Threads:</b> one.
 */
public final class Joiner {
  private static final int BUCKETS_PER_WINDOW = 60;
  private static final long WIDEST_BUCKET_MS = 1_000;

  private final long windowMs;
  private final long keptMs;
  private final double negatives;
  private final long mostBytes;
  private final long seed;
  private final WaitingEvents waiting;
  private final BiConsumer<Example, String> output;
  private final JoinTally tally = new JoinTally();
  private final Deadlines deadlines;
  private long newestMs;

  /** Windows of impressions before this are closed. */
  private long closedToMs;

  /** Nothing is known of impressions before this. */
  private long forgottenToMs;

  /**
   * @param mostBytes of this partition
   * @param seed decides which negatives are left out
   * @param waiting what is kept, and was
   * @param clock where the joiner was when that was kept
   * @param output receives the examples, each with the source of its impression
   */
  public Joiner(
      JoinConfig config,
      long mostBytes,
      long seed,
      WaitingEvents waiting,
      JoinClock clock,
      BiConsumer<Example, String> output) {
    this.windowMs = config.window().toMillis();
    this.keptMs = windowMs + config.late().toMillis();
    this.negatives = config.negatives();
    this.mostBytes = mostBytes;
    this.seed = Seeds.mix(seed, "negatives");
    this.waiting = waiting;
    this.output = output;
    this.deadlines = new Deadlines(Math.clamp(windowMs / BUCKETS_PER_WINDOW, 1, WIDEST_BUCKET_MS));
    this.newestMs = clock.getNewestMs();
    this.closedToMs = clock.getClosedToMs();
    this.forgottenToMs = clock.getForgottenToMs();
    waiting.forEach(this::restore);
  }

  private void restore(byte[] id, Waiting of) {
    long ms = of.getEventTimeMs();
    if (ms >= forgottenToMs) {
      deadlines.count(ms, bytes(id, of));
      if (ms >= closedToMs) {
        deadlines.add(id, ms);
      }
    }
  }

  /**
   * Takes an impression.
   *
   * @param source who sent it
   * @param predicted log-odds of a click that were predicted for it; null for none
   * @throws RefusedEventException when nothing is known any more of its time: whether it was
   *     learned already cannot be told
   */
  public void impression(Impression impression, String source, @Nullable Float predicted)
      throws RefusedEventException {
    long shownMs = impression.getEventTimeMs();
    advance(shownMs);
    if (shownMs < forgottenToMs) {
      throw RefusedEventException.of(
          "event_time_ms", shownMs, "from %d on, what is still kept".formatted(forgottenToMs));
    }
    byte[] id = bytes(impression.getRequestId());
    Waiting known = find(id, shownMs - windowMs, shownMs + keptMs);
    if (known != null && known.getState() != Waiting.State.CLICKED) {
      count().setRepeatedImpressions(count().getRepeatedImpressions() + 1);
      return;
    }
    count().setImpressions(count().getImpressions() + 1);
    Waiting shown = shown(impression, source, predicted);
    if (known != null) {
      remove(id, known);
      join(id, shown, known.getEventTimeMs(), false);
    } else {
      keep(id, shown);
      if (isClosed(shownMs)) {
        count().setLateImpressions(count().getLateImpressions() + 1);
        negative(id, shown);
      } else {
        deadlines.add(id, shownMs);
      }
    }
    makeRoom();
  }

  private static Waiting shown(Impression impression, String source, @Nullable Float predicted) {
    var shown =
        Waiting.newBuilder()
            .setState(Waiting.State.SHOWN)
            .setEventTimeMs(impression.getEventTimeMs())
            .setImpression(impression)
            .setSource(source);
    if (predicted != null) {
      shown.setPredicted(predicted);
    }
    return shown.build();
  }

  /** Takes a click; or of a heartbeat, its time alone. */
  public void click(Click click) {
    long clickedMs = click.getEventTimeMs();
    advance(clickedMs);
    if (click.getHeartbeat()) {
      return;
    }
    byte[] id = bytes(click.getRequestId());
    Waiting known = find(id, clickedMs - keptMs, clickedMs + windowMs);
    if (known != null && known.getState() != Waiting.State.SHOWN) {
      count().setRepeatedClicks(count().getRepeatedClicks() + 1);
      return;
    }
    count().setClicks(count().getClicks() + 1);
    if (known != null) {
      remove(id, known);
      join(id, known, clickedMs, isClosed(known.getEventTimeMs()));
    } else if (isClosed(clickedMs)) {
      orphan();
    } else {
      keep(
          id,
          Waiting.newBuilder().setState(Waiting.State.CLICKED).setEventTimeMs(clickedMs).build());
      deadlines.add(id, clickedMs);
      makeRoom();
    }
  }

  /**
   * An impression and its click.
   *
   * @param isNegative whether it went out as not clicked
   */
  private void join(byte[] id, Waiting shown, long clickedMs, boolean isNegative) {
    long delayMs = clickedMs - shown.getEventTimeMs();
    if (isNegative) {
      late(id, shown);
    } else if (delayMs > windowMs) {
      negative(id, shown);
      late(id, shown);
    } else {
      count().setPositives(count().getPositives() + 1);
      send(shown, 1, false);
    }
    tally.delay(delayMs);
    keep(
        id,
        Waiting.newBuilder()
            .setState(Waiting.State.DONE)
            .setEventTimeMs(shown.getEventTimeMs())
            .build());
  }

  private void late(byte[] id, Waiting shown) {
    count().setLateClicks(count().getLateClicks() + 1);
    send(shown, 1, isLearned(id));
  }

  private void negative(byte[] id, Waiting shown) {
    if (isLearned(id)) {
      count().setNegatives(count().getNegatives() + 1);
      send(shown, 0, false);
    } else {
      count().setLeftOut(count().getLeftOut() + 1);
    }
  }

  /** Whether this impression is one that is learned when it is not clicked. */
  private boolean isLearned(byte[] id) {
    String text = new String(id, StandardCharsets.UTF_8);
    return Seeds.uniform(Seeds.mix(seed, text)) <= negatives;
  }

  private void send(Waiting shown, float label, boolean isCorrection) {
    Impression impression = shown.getImpression();
    var example =
        Example.newBuilder()
            .setRequestId(impression.getRequestId())
            .setEventTimeMs(impression.getEventTimeMs())
            .setLabel(label)
            .addAllFeatures(impression.getFeaturesList())
            .setCorrection(isCorrection);
    if (negatives < 1) {
      example.setNegativesKept((float) negatives);
    }
    if (shown.hasPredicted()) {
      example.setPredicted(shown.getPredicted());
    }
    output.accept(example.build(), shown.getSource());
  }

  private void orphan() {
    count().setOrphans(count().getOrphans() + 1);
  }

  // -- time

  private void advance(long ms) {
    if (ms > newestMs) {
      newestMs = ms;
      close(deadlines.floor(ms - windowMs));
      forget(deadlines.floor(ms - keptMs));
    }
  }

  private boolean isClosed(long ms) {
    return ms < closedToMs;
  }

  private void close(long toMs) {
    if (toMs > closedToMs) {
      long fromMs = closedToMs;
      closedToMs = toMs;
      deadlines.close(fromMs, toMs, id -> close(id, fromMs, toMs));
    }
  }

  private void close(byte[] id, long fromMs, long toMs) {
    Waiting of = find(id, fromMs, toMs - 1);
    if (of == null || of.getState() == Waiting.State.DONE) {
      return;
    }
    if (of.getState() == Waiting.State.CLICKED) {
      orphan();
      remove(id, of);
    } else {
      negative(id, of);
    }
  }

  private void forget(long toMs) {
    forgottenToMs = Math.max(forgottenToMs, toMs);
    deadlines.forget(toMs);
  }

  /** Gives up the oldest, some at a time: finding them is long work. */
  private void makeRoom() {
    if (deadlines.bytes() <= mostBytes) {
      return;
    }
    long enough = mostBytes - mostBytes / 8;
    while (deadlines.bytes() > enough) {
      long endMs = deadlines.oldestEnd();
      if (endMs > closedToMs) {
        long before = count().getNegatives() + count().getLeftOut();
        close(endMs);
        long closed = count().getNegatives() + count().getLeftOut() - before;
        count().setClosedEarly(count().getClosedEarly() + closed);
      }
      forget(endMs);
    }
    waiting.removeBefore(forgottenToMs);
  }

  // -- what is kept

  private @Nullable Waiting find(byte[] id, long fromMs, long toMs) {
    return waiting.find(id, Math.max(fromMs, forgottenToMs), toMs);
  }

  private void keep(byte[] id, Waiting of) {
    waiting.put(id, of);
    deadlines.count(of.getEventTimeMs(), bytes(id, of));
  }

  private void remove(byte[] id, Waiting of) {
    waiting.remove(id, of);
    deadlines.count(of.getEventTimeMs(), -bytes(id, of));
  }

  private static long bytes(byte[] id, Waiting of) {
    return (long) id.length + of.getSerializedSize();
  }

  private static byte[] bytes(String id) {
    return id.getBytes(StandardCharsets.UTF_8);
  }

  // -- reports

  private JoinReport.Builder count() {
    return tally.counts();
  }

  /** Counts a record that was refused. */
  public void refused() {
    tally.refused();
  }

  /** Where the joiner is now: what it has to be told when it goes on with what it kept. */
  public JoinClock clock() {
    return JoinClock.newBuilder()
        .setNewestMs(newestMs)
        .setClosedToMs(closedToMs)
        .setForgottenToMs(forgottenToMs)
        .build();
  }

  /** Whether a report is due: something was counted since the last one. */
  public boolean hasReport() {
    return !tally.isEmpty();
  }

  /** What was counted since the last report. */
  public JoinReport takeReport(int partition) {
    return tally.take(partition, deadlines.bytes(), newestMs);
  }
}
