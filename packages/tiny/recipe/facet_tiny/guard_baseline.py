"""The honest floor: bag-of-words logistic regression on the same samples that the network sees.

    python -m facet_tiny.guard_baseline [set.json ...]
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from .guard_data import GuardSample, guard_samples
from .guard_grammar import POLICY_IDS

HAND_SET = Path(__file__).with_name("hand_prompts.json")
PLAIN_SET = Path(__file__).with_name("plain_prompts.json")
TRAIN_SEED, VALIDATION_SEED = 11, 977


def load_prompts(path: Path) -> list[GuardSample]:
    return [GuardSample(p["text"], None, frozenset(p["violates"])) for p in json.loads(path.read_text())["prompts"]]


def own_sets(size: int) -> dict[str, list[GuardSample]]:
    """Fresh samples of the grammar, and samples of frames that training never uses."""
    return {"own split": guard_samples(VALIDATION_SEED, size), "unseen frames": guard_samples(VALIDATION_SEED + 2, size, held_out_share=1.0)}


def written_sets() -> dict[str, list[GuardSample]]:
    return {"hand": load_prompts(HAND_SET), "plain": load_prompts(PLAIN_SET)}


def labels(samples: list[GuardSample]) -> np.ndarray:
    return np.array([[policy in s.violates for policy in POLICY_IDS] for s in samples])


def figures(scores: np.ndarray, truth: np.ndarray, threshold: float = 0.5) -> dict[str, float]:
    """Scores and truth of one label."""
    flagged = scores > threshold
    hits = float((flagged & truth).sum())
    precision, recall = hits / max(flagged.sum(), 1), hits / max(truth.sum(), 1)
    f1 = 2 * precision * recall / max(precision + recall, 1e-9)
    return {"f1": f1, "precision": precision, "recall": recall, "auc": float(roc_auc_score(truth, scores))}


def text_of(sample: GuardSample) -> str:
    return sample.prompt if sample.response is None else sample.response


class BagOfWords:
    """One logistic regression a policy on 1-2-grams; flagged by any = the largest of four."""

    def __init__(self, samples: list[GuardSample], ngrams: int = 2):
        self.vectorizer = CountVectorizer(ngram_range=(1, ngrams), binary=True, token_pattern=r"(?u)\b\w+\b", min_df=1)
        features = self.vectorizer.fit_transform([text_of(s) for s in samples])
        truth = labels(samples)
        self.models = [LogisticRegression(C=1.0, max_iter=300, solver="liblinear").fit(features, truth[:, i]) for i in range(len(POLICY_IDS))]

    def scores(self, samples: list[GuardSample]) -> np.ndarray:
        features = self.vectorizer.transform([text_of(s) for s in samples])
        return np.stack([m.predict_proba(features)[:, 1] for m in self.models], axis=1)


def report(name: str, scores: np.ndarray, samples: list[GuardSample]) -> dict[str, float]:
    truth = labels(samples)
    result = figures(scores.max(1), truth.any(1))
    print(f"{name:46s} any F1 {result['f1']:.3f} P {result['precision']:.3f} R {result['recall']:.3f} AUC {result['auc']:.3f}", flush=True)
    return result


def main() -> None:
    train = guard_samples(TRAIN_SEED, 20_000)
    sets = {**own_sets(2_000), **written_sets()}
    sets |= {Path(p).stem: load_prompts(Path(p)) for p in sys.argv[1:]}
    for ngrams in (1, 2):
        bag = BagOfWords(train, ngrams)
        for name, samples in sets.items():
            report(f"bag of words 1-{ngrams}, {name}", bag.scores(samples), samples)


if __name__ == "__main__":
    main()
