"""Writes goldens.json: what scikit-learn says of cases with and without ties. Needs scikit-learn 1.9.1."""

import json
import pathlib

import numpy as np
from sklearn.metrics import (
    average_precision_score,
    f1_score,
    precision_recall_curve,
    precision_score,
    recall_score,
    roc_auc_score,
)

rng = np.random.default_rng(7)


def case(name, probabilities, labels, at=0.5):
    y, p = np.array(labels), np.array(probabilities)
    precision, recall, thresholds = precision_recall_curve(y, p)
    f1 = np.array([f1_score(y, p >= t, zero_division=0) for t in thresholds])
    best = int(np.argmax(f1))
    flagged = p >= at
    return {
        "name": name,
        "rows": [{"probability": float(q), "label": int(l)} for q, l in zip(p, y)],
        "f1": float(f1[best]),
        "threshold": float(thresholds[best]),
        "precision": float(precision[best]),
        "recall": float(recall[best]),
        "auPrc": float(average_precision_score(y, p)),
        "auRoc": float(roc_auc_score(y, p)),
        "at": {
            "threshold": at,
            "f1": float(f1_score(y, flagged, zero_division=0)),
            "precision": float(precision_score(y, flagged, zero_division=0)),
            "recall": float(recall_score(y, flagged)),
        },
    }


def drawn(count, share, lift, decimals=None):
    labels = (rng.random(count) < share).astype(int)
    logits = rng.normal(size=count) + lift * labels
    probabilities = 1 / (1 + np.exp(-logits))
    return (probabilities if decimals is None else probabilities.round(decimals)), labels


cases = [
    case("four rows", [0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1]),
    case("all alike", [0.3] * 6, [0, 1, 0, 1, 1, 0]),
    case("the wrong way round", [0.9, 0.8, 0.2, 0.1], [0, 0, 1, 1]),
    case("perfect", [0.1, 0.2, 0.8, 0.9], [0, 0, 1, 1]),
    case("nothing reaches the threshold", [0.1, 0.2, 0.3], [0, 1, 1], at=0.9),
    case("0 and 1 themselves", [0, 0, 1, 1, 1, 0], [0, 1, 1, 0, 1, 0], at=1),
    case("drawn", *drawn(200, 0.3, 1.5)),
    case("drawn, few positives", *drawn(300, 0.03, 2)),
    case("drawn, with ties", *drawn(200, 0.4, 1, 1)),
    case("drawn, with many ties at chance", *drawn(120, 0.5, 0, 1), at=0.3),
]
path = pathlib.Path(__file__).with_name("goldens.json")
path.write_text(json.dumps(cases, separators=(",", ":")) + "\n")
