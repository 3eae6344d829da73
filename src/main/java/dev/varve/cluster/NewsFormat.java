package dev.varve.cluster;

import dev.varve.schema.TableSize;
import dev.varve.store.ShardNews;
import dev.varve.store.ShardProgress;
import dev.varve.store.TableSummary;
import java.util.TreeMap;

/** What shards say of themselves, as messages. */
final class NewsFormat {
  private NewsFormat() {}

  static dev.varve.schema.ShardNews write(ShardNews news) {
    ShardProgress progress = news.progress();
    var message =
        dev.varve.schema.ShardNews.newBuilder()
            .setShard(news.shard())
            .setCopy(news.isCopy())
            .setExamples(progress.examples())
            .setWatermarkMs(progress.watermarkMs())
            .setLayoutVersion(progress.layoutVersion())
            .setRefusedGradients(progress.refusedGradients());
    news.tables().forEach((name, size) -> message.addTables(write(name, size)));
    return message.build();
  }

  private static TableSize write(String name, TableSummary size) {
    var message =
        TableSize.newBuilder()
            .setTable(name)
            .setRows(size.rows())
            .setOccurrences(size.occurrences())
            .setBytes(size.bytes())
            .setParameters(size.parameters())
            .setTraces(size.traces())
            .setAdmitted(size.admitted())
            .setExpired(size.expired());
    size.rowsByDimension().forEach(message::putRowsByDimension);
    return message.build();
  }

  static ShardNews read(dev.varve.schema.ShardNews message) {
    var progress =
        new ShardProgress(
            message.getExamples(),
            message.getWatermarkMs(),
            message.getLayoutVersion(),
            message.getRefusedGradients());
    var tables = new TreeMap<String, TableSummary>();
    message.getTablesList().forEach(size -> tables.put(size.getTable(), read(size)));
    return new ShardNews(message.getShard(), message.getCopy(), progress, tables);
  }

  private static TableSummary read(TableSize size) {
    return new TableSummary(
        size.getRows(),
        size.getOccurrences(),
        size.getBytes(),
        size.getParameters(),
        new TreeMap<>(size.getRowsByDimensionMap()),
        size.getTraces(),
        size.getAdmitted(),
        size.getExpired());
  }
}
