"""Folders as keras-hub saves them, of random small Gemmas, and what keras-hub computes with them.

    KERAS_BACKEND=jax python -m facet_tiny.keras_goldens ../../checkpoint/test/keras/models

Takes ``keras-hub`` with ``tensorflow-text`` and ``jax`` beside (tried with keras-hub 0.32, keras 3.15). Weight files are nearly
all air, so they are compressed. Scores and logits are large enough for the soft-caps to matter, and the window is short.
"""

from __future__ import annotations

import gzip
import json
import shutil
import sys
from pathlib import Path

import keras
import keras_hub
import numpy as np
import sentencepiece

from facet_tiny import small_vocabulary

SEED = 31
SHAPE = {"vocabulary_size": small_vocabulary.size(), "hidden_dim": 32, "num_query_heads": 4, "num_key_value_heads": 2, "head_dim": 8}
COMMON = {**SHAPE, "use_post_ffw_norm": True, "use_post_attention_norm": True, "use_sliding_window_attention": True}
GEMMA2 = {**COMMON, "num_layers": 2, "intermediate_dim": 64, "sliding_window_size": 16}
CAPS = {"attention_logit_soft_cap": 20.0, "final_logit_soft_cap": 5.0}
GEMMA3 = {**COMMON, "num_layers": 6, "intermediate_dim": 32, "sliding_window_size": 16, "image_size": 16, "global_rope_scaling_factor": 8.0}


def fill(backbone: keras.Model) -> None:
    """Random weights that bfloat16 holds exactly."""
    random = np.random.default_rng(SEED)
    for variable in backbone.weights:
        shape = tuple(variable.shape)
        scale = 0.3 if len(shape) == 1 else 0.5 if shape[0] == SHAPE["vocabulary_size"] else 0.35
        values = (random.standard_normal(shape) * scale).astype(np.float32)
        variable.assign((values.view(np.uint32) & 0xFFFF0000).view(np.float32))


def logprobs(backbone: keras.Model, ids: list[int]) -> list[float]:
    """The worth of each token but the first."""
    tokens = np.array([ids], dtype=np.int32)
    hidden = backbone({"token_ids": tokens, "padding_mask": np.ones_like(tokens)})
    logits = np.asarray(backbone.token_embedding(hidden, reverse=True)[0], dtype=np.float64)
    worth = logits - np.log(np.exp(logits - logits.max(-1, keepdims=True)).sum(-1, keepdims=True)) - logits.max(-1, keepdims=True)
    return [float(worth[at, token]) for at, token in enumerate(ids[1:])]


def compress(folder: Path) -> None:
    for file in folder.glob("*.h5"):
        with open(file, "rb") as plain, gzip.GzipFile(f"{file}.gz", "wb", mtime=0) as packed:
            shutil.copyfileobj(plain, packed)
        file.unlink()


def write(folder: Path, task: type, backbone: keras.Model, preprocessor: object, shard: float | None) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    task(backbone=backbone, preprocessor=preprocessor).save_to_preset(str(folder))
    if shard is not None:
        (folder / "model.weights.h5").unlink()
        backbone.save_weights(str(folder / "model.weights.json"), max_shard_size=shard)
    compress(folder)


def main(root: Path) -> None:
    root.mkdir(parents=True, exist_ok=True)
    spm = small_vocabulary.vocabulary()
    ids = [2, *sentencepiece.SentencePieceProcessor(model_proto=spm).encode(small_vocabulary.TEXT)]
    models = keras_hub.models
    tokenizer = models.GemmaTokenizer(proto=spm)
    goldens = {"text": small_vocabulary.TEXT, "ids": ids, "logprobs": {}}

    def keep(name: str, task: type, preprocessor: object, kind: type, options: dict, dtype: str, shard: float | None = None) -> None:
        exact = kind(**options, dtype="float32")
        fill(exact)
        goldens["logprobs"][name] = logprobs(exact, ids)
        saved = exact
        if dtype != "float32":
            saved = kind(**options, dtype=dtype)
            fill(saved)
        write(root / name, task, saved, preprocessor, shard)

    causal = (models.GemmaCausalLM, models.GemmaCausalLMPreprocessor(tokenizer))
    keep("gemma2", *causal, models.GemmaBackbone, {**GEMMA2, **CAPS}, "bfloat16")
    keep("gemma2-shards", *causal, models.GemmaBackbone, {**GEMMA2, **CAPS}, "float32", 8e-5)
    # Gemma 3's tokenizer wants tokens for pictures: its folder is that of the backbone alone, with the vocabulary in its place.
    exact = models.Gemma3Backbone(**GEMMA3, dtype="float32")
    fill(exact)
    goldens["logprobs"]["gemma3"] = logprobs(exact, ids)
    shutil.rmtree(root / "gemma3", ignore_errors=True)
    exact.save_to_preset(str(root / "gemma3"))
    assets = root / "gemma3" / "assets" / "tokenizer"
    assets.mkdir(parents=True)
    (assets / "vocabulary.spm").write_bytes(spm)
    compress(root / "gemma3")
    # A Gemma 1, which is of the same class: its configuration alone.
    older = models.GemmaBackbone(**{**SHAPE, "num_layers": 1, "intermediate_dim": 64})
    older.save_to_preset(str(root / "gemma1"))
    for file in ["model.weights.h5", "metadata.json"]:
        (root / "gemma1" / file).unlink()
    (root / "goldens.json").write_text(json.dumps(goldens) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
