"""Vectors from Varve as NumPy arrays, through Triton's gRPC client.

    pip install 'tritonclient[grpc]'
    python3 lookup.py 127.0.0.1:8001 c0 1 2 nobody
"""

import sys
from concurrent.futures import Future

import numpy as np
from tritonclient.grpc import InferenceServerClient, InferInput, InferRequestedOutput


class Lookups:
    """A connection to one Varve; for any number of threads."""

    def __init__(self, server, timeout_s=10):
        self.client = InferenceServerClient(server)
        self.timeout_s = timeout_s

    def vectors(self, ids):
        """Looks up {table: n ids} and returns {table: float32[n, D]}, all tables at once.

        An id is an integer or a text; 7 and "7" are the same. One that nothing is known of has zeros.
        """
        pending = {table: self._ask(table, values) for table, values in ids.items()}
        return {
            table: answer.result(self.timeout_s).as_numpy("embeddings")
            for table, answer in pending.items()
        }

    def width(self, table):
        """D, how many floats each vector of a table has."""
        outputs = self.client.get_model_metadata(table).outputs
        return next(output.shape[-1] for output in outputs if output.name == "embeddings")

    def _ask(self, table, values):
        texts = np.array([str(value).encode() for value in values], np.object_)
        tensor = InferInput("ids", [len(texts)], "BYTES")
        tensor.set_data_from_numpy(texts)
        answer = Future()

        def done(result, error):
            if error is None:
                answer.set_result(result)
            else:
                answer.set_exception(error)

        self.client.async_infer(
            table, [tensor], done, outputs=[InferRequestedOutput("embeddings")],
            client_timeout=self.timeout_s)
        return answer


if __name__ == "__main__":
    server, table, *ids = sys.argv[1:]
    for id_, vector in zip(ids, Lookups(server).vectors({table: ids})[table]):
        print(id_, *vector)
