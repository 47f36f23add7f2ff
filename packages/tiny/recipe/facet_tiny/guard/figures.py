"""Figures of any judge of contents: F1, precision, recall and the area under the ROC curve."""

from __future__ import annotations

import numpy as np
from sklearn.metrics import roc_auc_score

from .policies import POLICY_IDS
from .samples import GuardSample


def labels(samples: list[GuardSample]) -> np.ndarray:
    """Truth [samples, policies]."""
    return np.array([[policy in s.violates for policy in POLICY_IDS] for s in samples])


def figures(scores: np.ndarray, truth: np.ndarray, threshold: float = 0.5) -> dict[str, float]:
    """Scores and truth of one label."""
    flagged = scores > threshold
    hits = float((flagged & truth).sum())
    precision, recall = hits / max(flagged.sum(), 1), hits / max(truth.sum(), 1)
    f1 = 2 * precision * recall / max(precision + recall, 1e-9)
    return {"f1": f1, "precision": precision, "recall": recall, "auc": float(roc_auc_score(truth, scores))}


def report(name: str, scores: np.ndarray, samples: list[GuardSample]) -> dict[str, float]:
    """Prints and returns the figures of "flagged by any policy"."""
    truth = labels(samples)
    result = figures(scores.max(1), truth.any(1))
    numbers = f"F1 {result['f1']:.3f} P {result['precision']:.3f} R {result['recall']:.3f} AUC {result['auc']:.3f}"
    print(f"{name:46s} any {numbers}", flush=True)
    return result
