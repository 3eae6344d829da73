package dev.varve.config;

import dev.varve.base.Check;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The type of a key's value: how it is read from a source and written as text. */
sealed interface LeafType permits Scalar, LeafType.Items, LeafType.Entries {
  /**
   * The value.
   *
   * @throws IllegalArgumentException when it does not fit, naming the key
   */
  Object read(String key, Raw raw);

  Raw write(Object value);

  /** The type of a component; empty when no key can have it. */
  static Optional<LeafType> of(Type type) {
    if (type instanceof Class<?> plain) {
      return Scalar.of(plain).map(scalar -> scalar);
    }
    if (type instanceof ParameterizedType generic) {
      Type[] arguments = generic.getActualTypeArguments();
      if (generic.getRawType() == List.class) {
        return scalar(arguments[0]).map(Items::new);
      }
      if (generic.getRawType() == Map.class && arguments[0] == String.class) {
        return scalar(arguments[1]).map(Entries::new);
      }
    }
    return Optional.empty();
  }

  private static Optional<Scalar> scalar(Type type) {
    return type instanceof Class<?> plain ? Scalar.of(plain) : Optional.empty();
  }

  /** A list, none of whose items is empty. */
  record Items(Scalar element) implements LeafType {
    @Override
    public Object read(String key, Raw raw) {
      List<String> items =
          switch (raw) {
            case Raw.Text(var text) -> Joined.toItems(text);
            case Raw.Items(var given) -> given;
            case Raw.Entries(var entries) ->
                throw Scalar.refusal(key, "a map", "a list such as a,b");
          };
      var values = new ArrayList<Object>();
      for (String item : items) {
        Check.that(!item.isEmpty(), key, raw.text(), "a list without empty items");
        values.add(element.parse(key, item));
      }
      return List.copyOf(values);
    }

    @Override
    public Raw write(Object value) {
      return new Raw.Items(((List<?>) value).stream().map(element::format).toList());
    }
  }

  /** A map from names; an entry can be set alone, as {@code key.name=value}. */
  record Entries(Scalar element) implements LeafType {
    private static final String RULE = "a map such as a=1,b=2, each name once";

    @Override
    public Object read(String key, Raw raw) {
      var values = new LinkedHashMap<String, Object>();
      texts(key, raw)
          .forEach((name, text) -> values.put(name, element.parse(Keys.join(key, name), text)));
      return values;
    }

    /** The entries as text. */
    Map<String, String> texts(String key, Raw raw) {
      return switch (raw) {
        case Raw.Text(var text) ->
            Joined.toEntries(text).orElseThrow(() -> Scalar.refusal(key, text, RULE));
        case Raw.Items(var items) -> throw Scalar.refusal(key, "a list", RULE);
        case Raw.Entries(var entries) -> entries;
      };
    }

    @Override
    public Raw write(Object value) {
      var texts = new LinkedHashMap<String, String>();
      ((Map<?, ?>) value)
          .forEach((name, element) -> texts.put((String) name, this.element.format(element)));
      return new Raw.Entries(texts);
    }
  }
}
