/**
 * The shards of all instances, wherever they are: what this one has it reads here, for the rest it
 * asks who has it ({@code schemas/varve/v1/instances.proto}).
 */
@NullMarked
package dev.varve.cluster;

import org.jspecify.annotations.NullMarked;
