package dev.varve.config;

import dev.varve.base.Bytes;
import dev.varve.base.Check;
import dev.varve.base.Doc;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** A configuration with a key of every type, a rule over one key, over two and over sections. */
record Bakery(Oven oven, Shop shop) {
  Bakery {
    Check.that(
        !shop.open() || oven.heat() > 0, "shop.open", shop.open(), "false while the oven is cold");
  }

  static Bakery defaults() {
    return new Bakery(
        new Oven(200, new Range(50, 300), Duration.ofMinutes(30), Mode.TOP_HEAT, 0.5, 7L),
        new Shop(
            "Crumb", true, Bytes.mib(64), Path.of("recipes"), List.of("rye"), Map.of(), Map.of()));
  }

  enum Mode {
    FAN,
    TOP_HEAT
  }

  record Oven(
      @Doc("Degrees.") int heat,
      Range range,
      @Doc("Time in the oven.") Duration bakeTime,
      @Doc("Where the heat comes from.") Mode mode,
      @Doc("Share of steam.") double steam,
      @Doc("Seed.") long seed) {
    Oven {
      Check.that(heat >= 0, "heat", heat, "at least 0");
      Check.that(bakeTime.isPositive(), "bakeTime", bakeTime, "more than 0");
      Check.that(steam >= 0 && steam <= 1, "steam", steam, "from 0 to 1");
    }
  }

  record Range(@Doc("Lowest degrees.") int lowHeat, @Doc("Highest degrees.") int highHeat) {
    Range {
      Check.that(lowHeat >= 0, "lowHeat", lowHeat, "at least 0");
      Check.that(highHeat >= lowHeat, "high-heat", highHeat, "at least low-heat");
    }
  }

  record Shop(
      @Doc("Name over the door.") String name,
      @Doc("Whether it sells | rests.") boolean open,
      @Doc("Size of the till.") Bytes till,
      @Doc("Where the recipes are.") Path recipes,
      @Doc("Kinds of bread.") List<String> breads,
      @Doc("How each bread is baked.") Map<String, Mode> modes,
      @Doc("Whatever else.") Map<String, String> notes) {
    Shop {
      if (breads.size() > 3) {
        throw new IllegalArgumentException("too many breads for one shop");
      }
    }
  }
}
