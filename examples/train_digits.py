"""Train a classifier of handwritten digits, on admitted data only.

A linear model over 64 pixels: the point is the gate in the first line of `train`, not the model.
The model is stored as plain arrays: a pickle would run code where it is loaded.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from sklearn.linear_model import LogisticRegression

from provender.errors import IntegrityError, ProvenderError
from provender.provenance.keys import load_signer
from provender.provenance.lineage import record_training
from provender.provenance.sealed import Sealed, trusted_seal
from provender.work.admission import require_admitted

_WHITE = 16.0
_HELD_OUT = 5


def train(data: Path, provenance: Path, policy: Path) -> tuple[dict[str, np.ndarray], dict]:
    """Return the model's arrays and its metrics; every fifth image is held out for them.

    Raises:
        ProvenderError: when the data are not what a verdict in ``provenance`` admits.
    """
    manifest = require_admitted(data, provenance, policy)
    # Only what the manifest names is read, never what else a folder may hold.
    table = pa.concat_tables(pq.read_table(data / shard.name) for shard in manifest.shards)
    pixels = np.stack(table["pixels"].to_numpy()) / _WHITE
    labels = table["label"].to_numpy()
    held_out = table["id"].to_numpy() % _HELD_OUT == 0
    model = LogisticRegression(max_iter=1000).fit(pixels[~held_out], labels[~held_out])
    metrics = {
        "manifest_root": manifest.root,
        "rows_trained": int((~held_out).sum()),
        "rows_held_out": int(held_out.sum()),
        "accuracy": round(float(model.score(pixels[held_out], labels[held_out])), 6),
    }
    arrays = {"weights": model.coef_, "intercepts": model.intercept_, "classes": model.classes_}
    return arrays, metrics


def sealed_data(seal: Path, trust: Path, manifest_root: str) -> Sealed:
    """Return the seal, if it is about the data that were trained on.

    Raises:
        ProvenderError: when it does not count, or is about other data.
    """
    sealed = trusted_seal(seal, trust)
    if sealed.manifest.root != manifest_root:
        raise IntegrityError(str(seal), "seals other data than were trained on", "seal these")
    return sealed


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("data", "provenance", "policy", "model", "metrics"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    for name, what in (("seal", "seal of the data"), ("trust", "trust file"), ("key", "NAME.key")):
        parser.add_argument(f"--{name}", type=Path, help=f"{what}: to record the model's lineage")
    given = parser.parse_args()
    try:
        arrays, metrics = train(given.data, given.provenance, given.policy)
        sealed = given.seal and sealed_data(given.seal, given.trust, metrics["manifest_root"])
    except ProvenderError as error:
        print(f"train: {error}", file=sys.stderr)
        return error.exit_code
    for file in (given.model, given.metrics):
        file.parent.mkdir(parents=True, exist_ok=True)
    np.savez(given.model, **arrays)
    given.metrics.write_text(json.dumps(metrics, indent=2, sort_keys=True) + "\n")
    if sealed:
        signer = load_signer(given.key, lambda: os.environb[b"PROVENDER_PASSPHRASE"])
        record_training(given.model, sealed, signer)
    return 0


if __name__ == "__main__":
    sys.exit(main())
