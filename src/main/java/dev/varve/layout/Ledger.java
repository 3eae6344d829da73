package dev.varve.layout;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import dev.varve.base.Check;
import dev.varve.schema.AuditEntry;
import dev.varve.schema.BalanceState;
import dev.varve.schema.Census;
import dev.varve.schema.KeptAnswer;
import dev.varve.schema.KeptLayout;
import dev.varve.schema.KeptPlan;
import dev.varve.schema.Reply;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * What the balance part keeps, by key. Histories are bounded: with each new entry the one that is
 * too old goes.
 */
final class Ledger {
  /** Layouts that can be rolled back to. */
  static final int LAYOUTS = 100;

  /** Commands in the audit log, and answers that are given again when an id comes again. */
  static final int COMMANDS = 1_000;

  /** Plans that can be applied. */
  static final int PLANS = 8;

  /** A longer answer is not kept; its id is. */
  private static final int LONGEST_ANSWER = 64 << 10;

  private static final String STATE = "state";
  private static final String CENSUS = "census/";
  private static final String LAYOUT = "layout/";
  private static final String PLAN = "plan/";
  private static final String AUDIT = "audit/";
  private static final String ANSWER = "answer/";
  private static final String ANSWERED = "answered/";

  private final Memory memory;

  Ledger(Memory memory) {
    this.memory = memory;
  }

  BalanceState state() {
    return get(STATE, BalanceState.parser()).orElse(BalanceState.getDefaultInstance());
  }

  void put(BalanceState state) {
    put(STATE, state);
  }

  void put(Census census) {
    put(CENSUS + census.getShard(), census);
  }

  void forEachCensus(Consumer<Census> visitor) {
    memory.forEach(CENSUS, (key, value) -> visitor.accept(parse(key, value, Census.parser())));
  }

  void put(KeptLayout kept) {
    long version = kept.getLayout().getVersion();
    put(numbered(LAYOUT, version), kept);
    memory.put(numbered(LAYOUT, version - LAYOUTS), null);
  }

  Optional<KeptLayout> layout(long version) {
    return get(numbered(LAYOUT, version), KeptLayout.parser());
  }

  void put(KeptPlan kept) {
    put(PLAN + kept.getPlan().getId(), kept);
    List<KeptPlan> all = plans();
    for (int i = PLANS; i < all.size(); i++) {
      memory.put(PLAN + all.get(i).getPlan().getId(), null);
    }
  }

  Optional<KeptPlan> plan(String id) {
    return plans().stream().filter(kept -> kept.getPlan().getId().equals(id)).findAny();
  }

  /** The plans that are kept, newest first. */
  List<KeptPlan> plans() {
    List<KeptPlan> plans = new ArrayList<>();
    memory.forEach(PLAN, (key, value) -> plans.add(parse(key, value, KeptPlan.parser())));
    plans.sort((a, b) -> Long.compare(b.getNumber(), a.getNumber()));
    return plans;
  }

  void audit(long number, AuditEntry entry) {
    put(numbered(AUDIT, number), entry);
    memory.put(numbered(AUDIT, number - COMMANDS), null);
  }

  Optional<AuditEntry> audited(long number) {
    return get(numbered(AUDIT, number), AuditEntry.parser());
  }

  /** Keeps the answer to a command for when its id comes again. */
  void answer(long number, Reply reply) {
    var kept = KeptAnswer.newBuilder();
    if (reply.getSerializedSize() <= LONGEST_ANSWER) {
      kept.setReply(reply);
    }
    put(ANSWER + reply.getId(), kept.build());
    memory.put(numbered(ANSWERED, number), reply.getId().getBytes(StandardCharsets.UTF_8));
    String old = numbered(ANSWERED, number - COMMANDS);
    byte[] id = memory.get(old);
    if (id != null) {
      memory.put(ANSWER + new String(id, StandardCharsets.UTF_8), null);
      memory.put(old, null);
    }
  }

  /** What a command of this id was answered. */
  Optional<Reply> answered(String id) {
    return get(ANSWER + id, KeptAnswer.parser())
        .map(
            kept ->
                kept.hasReply()
                    ? kept.getReply()
                    : Reply.newBuilder()
                        .setId(id)
                        .setError(
                            Check.message(
                                "command id",
                                id,
                                "a new one: this was answered, too long to be said again"))
                        .build());
  }

  private static String numbered(String prefix, long number) {
    return "%s%019d".formatted(prefix, Math.max(0, number));
  }

  private void put(String key, Message message) {
    memory.put(key, message.toByteArray());
  }

  private <T> Optional<T> get(String key, Parser<T> parser) {
    byte[] value = memory.get(key);
    return value == null ? Optional.empty() : Optional.of(parse(key, value, parser));
  }

  private static <T> T parse(String key, byte[] value, Parser<T> parser) {
    try {
      return parser.parseFrom(value);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException(
          Check.message(key, value.length + " unreadable bytes", "what Varve wrote"), e);
    }
  }
}
