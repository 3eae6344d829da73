package dev.varve.event;

import dev.varve.base.Bytes;

public record LimitsConfig(Bytes eventBytes, Bytes idBytes, int idsPerFeature) {
  public static LimitsConfig defaults() {
    return new LimitsConfig(Bytes.mib(1), Bytes.kib(4), 1024);
  }
}
