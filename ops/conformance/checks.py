#!/usr/bin/env python3
"""Asks a running Varve with the clients that others use; prints one line for each check.

Every vector is compared, bit for bit, with what `ops/varve lookup --json` prints.
"""

import argparse
import importlib.util
import json
import logging
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import urllib.request

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "ops" / "examples"
TABLES = ["c0", "c1"]
NOBODY = "nobody · 誰も"


class Truth:
    """Some ids of each table, of which all but the last have a row, and their vectors."""

    def __init__(self, http):
        self.ids, self.vectors, self.statuses = {}, {}, {}
        for table in TABLES:
            with urllib.request.urlopen(f"{http}/api/tables/{table}/top?n=20") as answer:
                top = [category["name"] for category in json.load(answer)["categories"]]
            self.ids[table] = top + [NOBODY]
            rows = [json.loads(line) for line in self.lookup(table).splitlines()]
            self.vectors[table] = np.array([row["vector"] for row in rows], np.float32)
            self.statuses[table] = [row["status"] for row in rows]

    def lookup(self, table):
        command = [ROOT / "ops" / "varve", "lookup", table, *self.ids[table], "--json"]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def numbers(self, table):
        return np.array([int(i) for i in self.ids[table][:-1]], np.int64)

    def texts(self, table):
        return np.array([i.encode() for i in self.ids[table]], np.object_)


def same(found, expected, what="vectors"):
    assert found.dtype == expected.dtype, f"{what}: {found.dtype} (expected: {expected.dtype})"
    assert found.shape == expected.shape, f"{what}: {found.shape} (expected: {expected.shape})"
    assert np.array_equal(found, expected), f"{what}: others (expected: those of varve lookup)"


def raises(kind, call, *words):
    try:
        call()
    except kind as e:
        for word in words:
            assert word in str(e), f"message: {e} (expected: with {word!r})"
        return e
    raise AssertionError(f"no error (expected: {kind.__name__})")


def triton(client, module, name, truth):
    """Checks that the gRPC and the HTTP client of tritonclient share."""
    from tritonclient.utils import InferenceServerException as refused

    def ids(values, datatype, **options):
        tensor = module.InferInput("ids", [len(values)], datatype)
        tensor.set_data_from_numpy(values, **options)
        return [tensor]

    def health():
        assert client.is_server_live() and client.is_server_ready() and client.is_model_ready("c0")
        if name == "http":
            assert not client.is_model_ready("nope")
        else:
            raises(refused, lambda: client.is_model_ready("nope"), "NOT_FOUND", "model: nope")

    def metadata():
        server, model = client.get_server_metadata(), client.get_model_metadata("c0")
        as_dict = server if isinstance(server, dict) else {"name": server.name}
        assert as_dict["name"] == "varve"
        outputs = model["outputs"] if isinstance(model, dict) else model.outputs
        found = [(o["name"], o["datatype"]) if isinstance(o, dict) else (o.name, o.datatype) for o in outputs]
        assert found[:2] == [("embeddings", "FP32"), ("status", "INT8")], found

    def texts():
        for table in TABLES:
            answer = client.infer(table, ids(truth.texts(table), "BYTES"))
            same(answer.as_numpy("embeddings"), truth.vectors[table])
            codes = [1 if status == "row" else 0 for status in truth.statuses[table]]
            same(answer.as_numpy("status"), np.array(codes, np.int8), "status")

    def numbers():
        for table in TABLES:
            answer = client.infer(table, ids(truth.numbers(table), "INT64"))
            same(answer.as_numpy("embeddings"), truth.vectors[table][:-1])

    def many():
        values = np.resize(truth.numbers("c0"), 4096)
        answer = client.infer("c0", ids(values, "INT64"))
        expected = np.resize(truth.vectors["c0"][:-1], (4096, truth.vectors["c0"].shape[1]))
        same(answer.as_numpy("embeddings"), expected)

    def one_output():
        wanted = [module.InferRequestedOutput("status")]
        answer = client.infer("c0", ids(truth.numbers("c0"), "INT64"), outputs=wanted, request_id="r7")
        assert answer.as_numpy("embeddings") is None and answer.as_numpy("status").all()

    def unknown_model():
        call = lambda: client.infer("nope", ids(truth.numbers("c0"), "INT64"))
        raises(refused, call, "model: nope (expected: a table; there are c0, c1")

    def wrong_version():
        call = lambda: client.infer("c0", ids(truth.numbers("c0"), "INT64"), model_version="999")
        raises(refused, call, "model_version: 999 (expected: ")

    def wrong_datatype():
        call = lambda: client.infer("c0", ids(np.zeros(2, np.float32), "FP32"))
        raises(refused, call, "inputs[0].datatype: FP32 (expected: BYTES or INT64)")

    checks = [health, metadata, texts, numbers, many, one_output, unknown_model, wrong_version, wrong_datatype]
    for check in checks:
        yield f"tritonclient {name}: {check.__name__.replace('_', ' ')}", check


def triton_json(client, module, truth):
    """What only HTTP has: tensors in JSON, in and out."""

    def in_json():
        for values, datatype in ((truth.texts("c0"), "BYTES"), (truth.numbers("c0"), "INT64")):
            tensor = module.InferInput("ids", [len(values)], datatype)
            tensor.set_data_from_numpy(values, binary_data=False)
            wanted = [module.InferRequestedOutput("embeddings", binary_data=False)]
            answer = client.infer("c0", [tensor], outputs=wanted)
            assert "data" in answer.get_output("embeddings"), answer.get_response()
            same(answer.as_numpy("embeddings"), truth.vectors["c0"][: len(values)])

    yield "tritonclient http: tensors in JSON", in_json


def feast(http, truth, folder):
    """Feast's remote online store, which is all that knows of Varve."""
    import pandas
    from feast import Entity, FeatureStore, FeatureView, Field, FileSource
    from feast.errors import FeatureViewNotFoundException, FeastError
    from feast.protos.feast.types.EntityKey_pb2 import EntityKey
    from feast.protos.feast.types.Value_pb2 import Value
    from feast.types import Array, Float32, String
    from feast.value_type import ValueType

    logging.getLogger("feast").setLevel(logging.ERROR)
    (folder / "feature_store.yaml").write_text(
        f"project: shop\nprovider: local\nregistry: {folder}/registry.db\n"
        f"online_store: {{type: remote, path: '{http}'}}\nentity_key_serialization_version: 3\n")
    store = FeatureStore(repo_path=str(folder))
    column = pandas.Series([], dtype="datetime64[us, UTC]")
    pandas.DataFrame({"event_timestamp": column}).to_parquet(folder / "none.parquet")
    views = {}
    for table in TABLES:
        entity = Entity(name=table, join_keys=[table], value_type=ValueType.STRING)
        views[table] = FeatureView(
            name=table, entities=[entity],
            schema=[Field(name=table, dtype=String), Field(name="embedding", dtype=Array(Float32)),
                    Field(name="status", dtype=String)],
            source=FileSource(path=str(folder / "none.parquet"), timestamp_field="event_timestamp"))
        store.apply([entity, views[table]])

    def vectors(columns):
        assert columns[-1] is None, f"{NOBODY}: {columns[-1]} (expected: None)"
        return np.array(columns[:-1], np.float32)

    def one_view():
        for table in TABLES:
            rows = [{table: i} for i in truth.ids[table]]
            found = store.get_online_features([f"{table}:embedding", f"{table}:status"], rows).to_dict()
            assert found[table] == truth.ids[table]
            same(vectors(found["embedding"]), truth.vectors[table][:-1])
            assert found["status"][:-1] == truth.statuses[table][:-1]

    def several_views():
        names = [f"{table}:embedding" for table in TABLES]
        rows = [dict(zip(TABLES, pair)) for pair in zip(*(truth.ids[table] for table in TABLES))]
        found = store.get_online_features(names, rows, full_feature_names=True).to_dict()
        for table in TABLES:
            same(vectors(found[f"{table}__embedding"]), truth.vectors[table][:-1])

    def integer_ids():
        rows = [{"c0": int(i)} for i in truth.numbers("c0")]
        found = store.get_online_features(["c0:embedding"], rows).to_dict()
        same(np.array(found["embedding"], np.float32), truth.vectors["c0"][:-1])

    def online_read():
        keys = [EntityKey(join_keys=["c0"], entity_values=[Value(string_val=i)]) for i in truth.ids["c0"]]
        rows = store._get_provider().online_read(store.config, views["c0"], keys, ["embedding"])
        times = {row[0] for row in rows}
        assert len(times) == 1 and times.pop().year >= 2026
        found = [row[1]["embedding"].float_list_val.val for row in rows]
        same(np.array(found[:-1], np.float32), truth.vectors["c0"][:-1])
        assert not found[-1]

    def unknown_view():
        call = lambda: store.get_online_features(["nope:embedding"], [{"nope": 1}])
        raises(FeatureViewNotFoundException, call, "model: nope (expected: a table; there are c0, c1")

    def unknown_feature():
        call = lambda: store.get_online_features(["c0:age"], [{"c0": 1}])
        raises(FeatureViewNotFoundException, call, "features: c0:age (expected: TABLE:FEATURE, ")

    def wrong_entity():
        call = lambda: store.get_online_features(["c0:embedding"], [{"c0": 2.5}])
        raises(FeastError, call, "entities.c0[0]: 2.5 (expected: a string or an integer)")

    for check in (one_view, several_views, integer_ids, online_read, unknown_view, unknown_feature, wrong_entity):
        yield f"feast remote online store: {check.__name__.replace('_', ' ')}", check


def description(http):
    def is_valid():
        import openapi_spec_validator
        import yaml

        with urllib.request.urlopen(f"{http}/openapi.yaml") as answer:
            openapi_spec_validator.validate(yaml.safe_load(answer))

    yield "openapi.yaml: valid OpenAPI 3.1", is_valid


def examples(grpc, truth, events):
    def run(command, folder):
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
        assert done.returncode == 0, f"exit code {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout

    def java():
        arguments = " ".join([grpc, "c0", *truth.ids["c0"][:-1]])
        out = run(["mvn", "-q", "-B", "compile", "exec:java", f"-Dexec.args={arguments}"], EXAMPLES / "java")
        # Maven resets the colours of the terminal even where it has none.
        rows = [line.split() for line in re.sub(r"\x1b\[\d*m", "", out).split("\n") if line]
        assert [row[0] for row in rows] == truth.ids["c0"][:-1]
        same(np.array([row[2:] for row in rows], np.float32), truth.vectors["c0"][:-1])

    def numpy():
        sys.path.insert(0, str(EXAMPLES / "python"))
        from lookup import Lookups

        found = Lookups(grpc).vectors({table: truth.ids[table] for table in TABLES})
        for table in TABLES:
            same(found[table], truth.vectors[table])

    def pytorch():
        out = run([sys.executable, "click_model.py", grpc, str(events)], EXAMPLES / "python")
        first, last = (float(line.split()[-1]) for line in out.splitlines()[-2:])
        assert last < first < 1, out

    yield "example in Java: vectors of varve lookup", java
    yield "example in Python: vectors of varve lookup", numpy
    if importlib.util.find_spec("torch"):
        yield "example in PyTorch: a model learns from the vectors", pytorch
    else:
        yield "example in PyTorch", None


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--http", required=True, help="URL of the HTTP port")
    parser.add_argument("--grpc", required=True, help="host:port of gRPC")
    parser.add_argument("--events", required=True, help="the log that was learned")
    options = parser.parse_args()
    os.environ["VARVE_SERVER"] = options.http
    import tritonclient.grpc
    import tritonclient.http

    truth = Truth(options.http)
    http = tritonclient.http.InferenceServerClient(options.http.removeprefix("http://"))
    grpc = tritonclient.grpc.InferenceServerClient(options.grpc)
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        groups = [
            triton(grpc, tritonclient.grpc, "grpc", truth),
            triton(http, tritonclient.http, "http", truth),
            triton_json(http, tritonclient.http, truth),
            feast(options.http, truth, pathlib.Path(folder)),
            description(options.http),
            examples(options.grpc, truth, options.events),
        ]
        for name, check in (each for group in groups for each in group):
            if check is None:
                print(f"skipped  {name}: torch is not installed (ops/conformance/run --torch)")
                continue
            try:
                check()
                print(f"ok       {name}", flush=True)
            except Exception as e:
                failed += 1
                print(f"FAILED   {name}: {type(e).__name__}: {e}", flush=True)
    print(f"{failed} failed" if failed else "all passed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
