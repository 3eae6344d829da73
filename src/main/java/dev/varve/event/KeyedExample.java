package dev.varve.event;

import dev.varve.schema.Feature;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A valid example in the trainer's terms: names are feature indexes of one {@link FeatureSet},
 * categories are keys. Arrays are shared, not copied: nobody writes to them after construction.
 *
 * @param eventTimeMs when it was shown, milliseconds since 1970-01-01 UTC
 * @param label in [0, 1]
 * @param weight greater than 0
 * @param negativesKept share of the examples with label 0 that are sent, above 0, at most 1
 * @param isCorrection whether it takes back that the same was learned with label 0
 * @param predicted log-odds of a click that were predicted when it was shown; null for none
 * @param fields feature index of each categorical feature that is present
 * @param ends {@code ends[i]} is the end in {@code keys} of the categories of {@code fields[i]}
 * @param keys categories of all fields, one field after the other
 * @param numericals feature index of each numerical feature that is present
 * @param values their values on the scale sign(v) ln(1 + |v|)
 * @param named the features as they came, with the names of the categories
 */
@SuppressWarnings("ArrayRecordComponent") // compared by nobody; copying would cost each example
public record KeyedExample(
    long eventTimeMs,
    float label,
    float weight,
    float negativesKept,
    boolean isCorrection,
    @Nullable Float predicted,
    int[] fields,
    int[] ends,
    long[] keys,
    int[] numericals,
    float[] values,
    List<Feature> named) {}
