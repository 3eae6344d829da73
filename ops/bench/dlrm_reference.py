#!/usr/bin/env python3
"""Trains a DLRM with PyTorch on the work of `varve bench train`, to compare with.

26 tables with the cardinalities of Criteo's Kaggle logs, capped, of 16 dimensions; 13 numerical
features; bottom 13-512-256-64-16, top 367-512-256-1; one category per feature by a Zipf law; random
labels; logistic loss. Batches are drawn before the clock runs. Prints one JSON object with the
median examples per second of each batch size, by the clock and by CPU time. On a busy machine its
threads wait for each other: OMP_WAIT_POLICY=passive, or --threads 1 and CPU time, tell more then.

    pip install torch --index-url https://download.pytorch.org/whl/cpu
    python3 ops/bench/dlrm_reference.py
"""

import argparse
import json
import statistics
import time

import torch
from torch import nn

CARDINALITIES = [
    1460, 583, 10131227, 2202608, 305, 24, 12517, 633, 3, 93145, 5683, 8351593, 3194,
    27, 14992, 5461306, 10, 5652, 2173, 4, 7046547, 18, 15, 286181, 105, 142572]  # fmt: skip
NUMERICALS, DIMENSION = 13, 16
BOTTOM, TOP = [512, 256, 64], [512, 256]


def perceptron(widths, rectified):
    layers = []
    for i, (a, b) in enumerate(zip(widths, widths[1:])):
        layers.append(nn.Linear(a, b))
        if rectified or i < len(widths) - 2:
            layers.append(nn.ReLU())
    return nn.Sequential(*layers)


class Dlrm(nn.Module):
    def __init__(self, rows):
        super().__init__()
        self.tables = nn.ModuleList(
            nn.EmbeddingBag(n, DIMENSION, mode="sum", sparse=True) for n in rows)
        vectors = len(rows) + 1
        self.bottom = perceptron([NUMERICALS, *BOTTOM, DIMENSION], True)
        self.top = perceptron([DIMENSION + vectors * (vectors - 1) // 2, *TOP, 1], False)
        self.i, self.j = torch.tril_indices(vectors, vectors, offset=-1)

    def forward(self, numericals, keys, offsets):
        z = self.bottom(numericals)
        vectors = [z] + [table(key, offsets) for table, key in zip(self.tables, keys)]
        t = torch.stack(vectors, dim=1)
        products = torch.bmm(t, t.transpose(1, 2))[:, self.i, self.j]
        return self.top(torch.cat([z, products], dim=1)).squeeze(1)


def optimizer(kind, parameters, rate):
    if kind == "sgd":
        return torch.optim.SGD(parameters, lr=rate)
    return torch.optim.Adagrad(parameters, lr=rate, initial_accumulator_value=0.1)


def batches(rows, size, count, zipf, random):
    """Ranks by the inverse of a continuous power law, each table's scattered over its rows."""
    offsets = torch.arange(size)
    made = []
    for _ in range(count):
        keys = []
        for n in rows:
            u = torch.rand(size, generator=random, dtype=torch.float64)
            rank = (1 + u * ((n + 1.0) ** (1 - zipf) - 1)) ** (1 / (1 - zipf))
            # The multiplier is prime and larger than any table: a permutation of the rows.
            keys.append((rank.long().clamp(1, n) - 1) * 1_000_000_007 % n)
        numericals = torch.rand(size, NUMERICALS, generator=random)
        labels = (torch.rand(size, generator=random) < 0.25).float()
        made.append((numericals, torch.stack(keys), offsets, labels))
    return made


def examples_per_second(model, optimizers, size, args, random):
    made = batches(model.rows, size, max(4, 65536 // size), args.zipf, random)
    loss = nn.BCEWithLogitsLoss()
    rounds, by_cpu = [], []
    for _ in range(args.rounds + 1):
        done, begun, cpu = 0, time.perf_counter(), time.process_time()
        while time.perf_counter() - begun < args.round:
            numericals, keys, offsets, labels = made[done % len(made)]
            for each in optimizers:
                each.zero_grad(set_to_none=True)
            loss(model(numericals, keys, offsets), labels).backward()
            for each in optimizers:
                each.step()
            done += 1
        rounds.append(done * size / (time.perf_counter() - begun))
        by_cpu.append(done * size * args.threads / (time.process_time() - cpu))
    return rounds[1:], by_cpu[1:]  # the first warms up


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--batches", type=int, nargs="+", default=[128, 2048])
    parser.add_argument("--rows", type=int, default=2_000_000, help="most rows of a table")
    parser.add_argument("--optimizer", choices=["sgd", "adagrad"], default="adagrad",
                        help="of the embeddings; the perceptrons have Adagrad")  # fmt: skip
    parser.add_argument("--zipf", type=float, default=1.05)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--round", type=float, default=2.0, help="seconds")
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(1)
    random = torch.Generator().manual_seed(1)
    rows = [min(n, args.rows) for n in CARDINALITIES]
    model = Dlrm(rows)
    model.rows = rows
    dense = [*model.bottom.parameters(), *model.top.parameters()]
    optimizers = [
        optimizer(args.optimizer, model.tables.parameters(), 0.1),
        optimizer("adagrad", dense, 0.01)]  # fmt: skip
    report = {"torch": torch.__version__, "threads": args.threads, "optimizer": args.optimizer}
    report["batches"] = []
    for size in args.batches:
        rounds, by_cpu = examples_per_second(model, optimizers, size, args, random)
        report["batches"].append(
            {"size": size, "examplesPerSec": statistics.median(rounds), "rounds": rounds,
             "byCpuTime": statistics.median(by_cpu)})  # fmt: skip
    print(json.dumps(report))


if __name__ == "__main__":
    main()
