package dev.varve.event;

import dev.varve.schema.Example;
import dev.varve.schema.Feature;
import java.util.random.RandomGenerator;

/** Valid examples. */
final class Examples {
  private Examples() {}

  /** With one id of the feature "item". */
  static Example.Builder example(String id) {
    return Example.newBuilder()
        .setEventTimeMs(1_700_000_000_000L)
        .setLabel(1)
        .addFeatures(Feature.newBuilder().setName("item").addIds(id));
  }

  static Example random(RandomGenerator random) {
    var example =
        Example.newBuilder()
            .setEventTimeMs(random.nextLong(1, 2_000_000_000_000L))
            .setLabel(random.nextBoolean() ? 1 : random.nextFloat());
    if (random.nextBoolean()) {
      example.setWeight(random.nextFloat(0.01f, 100));
    }
    int features = random.nextInt(1, 20);
    for (int i = 0; i < features; i++) {
      var feature = Feature.newBuilder();
      if (i % 3 == 0) {
        feature.setName("number" + i).setValue(random.nextGaussian() * 1e6);
      } else {
        feature.setName("category" + i);
        int ids = random.nextInt(6);
        for (int k = 0; k < ids; k++) {
          feature.addIds("ü☃" + random.nextInt(100));
          feature.addIntIds(random.nextLong());
        }
      }
      example.addFeatures(feature);
    }
    return example.build();
  }
}
