"""The honest floor: bag-of-words logistic regression on the same samples that the network sees.

python -m facet_tiny.guard.baseline [set.json ...]
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression

from .figures import labels, report
from .policies import POLICY_IDS
from .prompt_sets import TRAIN_SEED, load_prompts, own_sets, written_sets
from .samples import GuardSample, guard_samples, text_of


class BagOfWords:
    """One logistic regression a policy on 1-2-grams; flagged by any = the largest of four."""

    def __init__(self, samples: list[GuardSample], ngrams: int = 2):
        self.vectorizer = CountVectorizer(ngram_range=(1, ngrams), binary=True, token_pattern=r"(?u)\b\w+\b", min_df=1)
        features = self.vectorizer.fit_transform([text_of(s) for s in samples])
        truth = labels(samples)
        self.models = [
            LogisticRegression(C=1.0, max_iter=300, solver="liblinear").fit(features, truth[:, i]) for i in range(len(POLICY_IDS))
        ]

    def scores(self, samples: list[GuardSample]) -> np.ndarray:
        features = self.vectorizer.transform([text_of(s) for s in samples])
        return np.stack([m.predict_proba(features)[:, 1] for m in self.models], axis=1)


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
