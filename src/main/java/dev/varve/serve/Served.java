package dev.varve.serve;

import dev.varve.learn.LivePredictions;
import dev.varve.learn.TopCategories;
import dev.varve.store.Embeddings;
import io.grpc.BindableService;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.List;
import java.util.function.Supplier;

/**
 * What the server shows. The suppliers may block for a while, and may throw {@link
 * dev.varve.store.ShardUnavailableException}; both are called from any thread.
 *
 * @param version of Varve
 * @param embeddings answers the lookups
 * @param predictions answers for whole examples
 * @param status answers {@code GET /api/status}
 * @param topics answers {@code GET /api/topics}
 * @param top answers {@code GET /api/tables/TABLE/top}
 * @param commands carries what is asked below {@code /api/rebalance} and {@code /api/explain}
 * @param others answers other instances, on the gRPC port
 * @param registry answers {@code GET /metrics}; the server adds its own meters
 */
public record Served(
    String version,
    Embeddings embeddings,
    LivePredictions predictions,
    Supplier<ServerStatus> status,
    Supplier<List<TopicStatus>> topics,
    TopCategories top,
    Commands commands,
    BindableService others,
    PrometheusMeterRegistry registry) {}
