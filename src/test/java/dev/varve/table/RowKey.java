package dev.varve.table;

/** Names a row in a test. */
record RowKey(int table, long category) {}
