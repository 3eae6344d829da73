package dev.varve.event;

import dev.varve.base.Bytes;
import dev.varve.base.Check;
import dev.varve.base.Doc;

/** How large an event may be; the components are the keys of the section {@code limits}. */
public record LimitsConfig(
    @Doc("Largest event, from 1KiB to 16MiB; a larger one is a dead letter.") Bytes eventBytes,
    @Doc("Longest id of a category, in UTF-8, from 1 to 1MiB.") Bytes idBytes,
    @Doc("Most ids that one feature of an event may have, from 1 to 65536.") int idsPerFeature) {
  public LimitsConfig {
    Check.that(
        eventBytes.count() >= 1 << 10 && eventBytes.count() <= 16 << 20,
        "eventBytes",
        eventBytes,
        "from 1KiB to 16MiB");
    Check.that(
        idBytes.count() >= 1 && idBytes.count() <= 1 << 20, "idBytes", idBytes, "from 1 to 1MiB");
    Check.that(
        idsPerFeature >= 1 && idsPerFeature <= 65_536,
        "idsPerFeature",
        idsPerFeature,
        "from 1 to 65536");
  }

  public static LimitsConfig defaults() {
    return new LimitsConfig(Bytes.mib(1), Bytes.kib(4), 1024);
  }
}
