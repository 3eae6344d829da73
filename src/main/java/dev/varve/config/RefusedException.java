package dev.varve.config;

/** A record refused the values of its components. */
final class RefusedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient Section section;

  RefusedException(Section section, IllegalArgumentException refusal) {
    super(refusal.getMessage(), refusal);
    this.section = section;
  }

  /** The section of the record. */
  Section section() {
    return section;
  }
}
