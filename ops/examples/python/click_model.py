"""A PyTorch model on top of Varve: vectors are looked up, a perceptron makes a probability of them.

Varve learns the embeddings from the stream of events; this model learns only what it does with them.

    pip install 'tritonclient[grpc]' torch
    ops/varve generate events.csv
    python3 click_model.py 127.0.0.1:8001 events.csv
"""

import csv
import itertools
import sys

import torch
from lookup import Lookups
from torch import nn


class VarveEmbeddings(nn.Module):
    """Turns {table: n ids} into float32[n, tables * D]: instead of an nn.EmbeddingBag per feature.

    The vectors are constants to autograd: no gradient goes back to Varve.
    """

    def __init__(self, server, tables):
        super().__init__()
        self.lookups = Lookups(server)
        self.tables = tables
        self.width = sum(self.lookups.width(table) for table in tables)

    def forward(self, ids):
        found = self.lookups.vectors({table: ids[table] for table in self.tables})
        return torch.cat([torch.from_numpy(found[table].copy()) for table in self.tables], dim=1)


class ClickModel(nn.Module):
    """{table: n ids} in, n log-odds of a click out."""

    def __init__(self, server, tables, hidden=64):
        super().__init__()
        self.embeddings = VarveEmbeddings(server, tables)
        self.perceptron = nn.Sequential(
            nn.Linear(self.embeddings.width, hidden), nn.ReLU(), nn.Linear(hidden, 1))

    def forward(self, ids):
        return self.perceptron(self.embeddings(ids)).squeeze(1)


def batches(file, n):
    """Examples of a log that `varve generate` wrote: {column: n ids} and n labels."""
    rows = csv.DictReader(file)
    while batch := list(itertools.islice(rows, n)):
        ids = {name: [row[name] for row in batch] for name in rows.fieldnames if name.startswith("c")}
        yield ids, torch.tensor([float(row["label"]) for row in batch])


def main(server, path):
    torch.manual_seed(1)
    with open(path, newline="") as file:
        first, _ = next(batches(file, 1))
    model = ClickModel(server, list(first))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    loss = nn.BCEWithLogitsLoss()
    losses = []
    with open(path, newline="") as file:
        for ids, labels in batches(file, 256):
            mean = loss(model(ids), labels)  # before it is learned from
            losses.append(mean.item())
            optimizer.zero_grad()
            mean.backward()
            optimizer.step()
    tenth = max(1, len(losses) // 10)
    print(f"{model.embeddings.width} floats of {len(first)} tables, {len(losses)} batches")
    print(f"log-loss of the first tenth {sum(losses[:tenth]) / tenth:.4f}")
    print(f"log-loss of the last tenth {sum(losses[-tenth:]) / tenth:.4f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
