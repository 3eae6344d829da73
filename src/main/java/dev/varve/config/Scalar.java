package dev.varve.config;

import dev.varve.base.Bytes;
import dev.varve.base.Check;
import dev.varve.base.Durations;
import dev.varve.base.TextForm;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Pattern;

/**
 * A type whose value is one word or number.
 *
 * @param rule what texts it takes, for the message that refuses others
 * @param parser throws IllegalArgumentException for a text it does not take
 */
record Scalar(String rule, Function<String, Object> parser, Function<Object, String> formatter)
    implements LeafType {
  private static final Pattern DECIMAL =
      Pattern.compile("[+-]?(\\d+(\\.\\d*)?|\\.\\d+)([eE][+-]?\\d+)?");
  private static final String SIZE = "a size such as 512, 64KiB, 256MiB or 4GiB";
  private static final Map<Class<?>, Scalar> KNOWN = known();

  /** The scalar type for a class; empty if there is none. */
  static Optional<Scalar> of(Class<?> type) {
    if (type.isEnum()) {
      return Optional.of(constants(type));
    }
    var form = type.getAnnotation(TextForm.class);
    return form == null
        ? Optional.ofNullable(KNOWN.get(type))
        : Optional.of(new Scalar(form.value(), parser(type), String::valueOf));
  }

  /** What a class with {@link TextForm} parses its texts with. */
  private static Function<String, Object> parser(Class<?> type) {
    try {
      Method parse = type.getMethod("parse", String.class);
      return text -> {
        try {
          return parse.invoke(null, text);
        } catch (InvocationTargetException e) {
          throw new IllegalArgumentException(text, e.getCause());
        } catch (IllegalAccessException e) {
          throw new IllegalStateException("%s cannot be called".formatted(parse), e);
        }
      };
    } catch (NoSuchMethodException e) {
      throw new IllegalStateException("%s has no parse(String)".formatted(type), e);
    }
  }

  @Override
  public Object read(String key, Raw raw) {
    return switch (raw) {
      case Raw.Text(var text) -> parse(key, text);
      case Raw.Items(var items) -> throw refusal(key, "a list", rule);
      case Raw.Entries(var entries) -> throw refusal(key, "a map", rule);
    };
  }

  @Override
  public Raw write(Object value) {
    return new Raw.Text(format(value));
  }

  Object parse(String key, String text) {
    try {
      return parser.apply(text);
    } catch (IllegalArgumentException e) {
      var refusal = refusal(key, text, rule);
      refusal.initCause(e);
      throw refusal;
    }
  }

  String format(Object value) {
    return formatter.apply(value);
  }

  static IllegalArgumentException refusal(String key, String value, String rule) {
    return new IllegalArgumentException(Check.message(key, value, rule));
  }

  private static Map<Class<?>, Scalar> known() {
    var known = new HashMap<Class<?>, Scalar>();
    known.put(String.class, new Scalar("a text", text -> text, String::valueOf));
    var whole = new Scalar("a whole number up to 2147483647", Integer::valueOf, String::valueOf);
    known.put(int.class, whole);
    known.put(Integer.class, whole);
    var large = new Scalar("a whole number", Long::valueOf, String::valueOf);
    known.put(long.class, large);
    known.put(Long.class, large);
    var decimal = new Scalar("a number", Scalar::decimal, String::valueOf);
    known.put(double.class, decimal);
    known.put(Double.class, decimal);
    var truth = new Scalar("true or false", Scalar::truth, String::valueOf);
    known.put(boolean.class, truth);
    known.put(Boolean.class, truth);
    known.put(
        Duration.class,
        new Scalar(Durations.RULE, Durations::parse, d -> Durations.format((Duration) d)));
    known.put(Bytes.class, new Scalar(SIZE, Bytes::parse, String::valueOf));
    known.put(Path.class, new Scalar("a path", Path::of, String::valueOf));
    return known;
  }

  private static Scalar constants(Class<?> type) {
    var byText = new HashMap<String, Object>();
    for (Object constant : type.getEnumConstants()) {
      byText.put(Keys.kebab((Enum<?>) constant), constant);
    }
    String rule =
        Arrays.stream(type.getEnumConstants())
            .map(constant -> Keys.kebab((Enum<?>) constant))
            .reduce((a, b) -> a + " or " + b)
            .orElse("nothing");
    return new Scalar(
        rule,
        text ->
            Optional.ofNullable(byText.get(text.replace('_', '-')))
                .orElseThrow(() -> new IllegalArgumentException(text)),
        constant -> Keys.kebab((Enum<?>) constant));
  }

  /** Neither NaN nor infinite, nor the hexadecimal and suffixed forms that Java takes. */
  private static Object decimal(String text) {
    double value = DECIMAL.matcher(text).matches() ? Double.parseDouble(text) : Double.NaN;
    Check.that(Double.isFinite(value), "number", text, "finite");
    return value;
  }

  private static Object truth(String text) {
    Check.that(text.equals("true") || text.equals("false"), "truth", text, "true or false");
    return Boolean.valueOf(text);
  }
}
