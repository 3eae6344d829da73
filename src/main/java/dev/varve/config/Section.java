package dev.varve.config;

import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * One record of the configuration: its components are keys, or sections of their own.
 *
 * @param key full, such as {@code train}; empty for the root
 * @param members by the name of the component, in order
 */
record Section(String key, Constructor<?> constructor, Map<String, Member> members)
    implements Member {
  /**
   * The section of a record and all that lie in it.
   *
   * @throws IllegalStateException when the record cannot be a configuration: a component of a type
   *     that no key can have, or a key without {@link Doc}
   */
  static Section of(String key, Record defaults) {
    RecordComponent[] components = defaults.getClass().getRecordComponents();
    var members = new LinkedHashMap<String, Member>();
    for (RecordComponent component : components) {
      String memberKey = Keys.join(key, Keys.kebab(component.getName()));
      members.put(component.getName(), member(memberKey, component, defaults));
    }
    return new Section(key, constructor(defaults.getClass(), components), members);
  }

  private static Member member(String key, RecordComponent component, Record defaults) {
    Object value = value(component, defaults);
    Optional<LeafType> type = LeafType.of(component.getGenericType());
    if (type.isPresent()) {
      return Leaf.of(key, type.get(), value, component);
    }
    if (value instanceof Record section) {
      return of(key, section);
    }
    throw new IllegalStateException(
        "%s: %s (expected: a type that text can give)".formatted(key, component.getGenericType()));
  }

  private static Object value(RecordComponent component, Record record) {
    try {
      var accessor = component.getAccessor();
      accessor.setAccessible(true);
      return accessor.invoke(record);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("component %s cannot be read".formatted(component), e);
    }
  }

  private static Constructor<?> constructor(Class<?> type, RecordComponent[] components) {
    try {
      Class<?>[] types =
          Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
      var constructor = type.getDeclaredConstructor(types);
      constructor.setAccessible(true);
      return constructor;
    } catch (NoSuchMethodException e) {
      throw new IllegalStateException("%s has no canonical constructor".formatted(type), e);
    }
  }

  /** All keys below, in order. */
  Stream<Leaf> leaves() {
    return members.values().stream()
        .flatMap(
            member ->
                switch (member) {
                  case Leaf leaf -> Stream.of(leaf);
                  case Section section -> section.leaves();
                });
  }

  /** All sections below, and this one. */
  Stream<Section> sections() {
    return Stream.concat(
        Stream.of(this),
        members.values().stream()
            .filter(Section.class::isInstance)
            .flatMap(member -> ((Section) member).sections()));
  }

  /**
   * The record of these values.
   *
   * @throws RefusedException when a rule of this record, or of one in it, does not hold
   */
  Object build(Function<Leaf, Object> values) {
    Object[] arguments =
        members.values().stream()
            .map(
                member ->
                    switch (member) {
                      case Leaf leaf -> values.apply(leaf);
                      case Section section -> section.build(values);
                    })
            .toArray();
    try {
      return constructor.newInstance(arguments);
    } catch (InvocationTargetException e) {
      if (e.getCause() instanceof IllegalArgumentException refusal) {
        throw new RefusedException(this, refusal);
      }
      throw new IllegalStateException("%s fails".formatted(constructor), e.getCause());
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("%s cannot be called".formatted(constructor), e);
    }
  }
}
