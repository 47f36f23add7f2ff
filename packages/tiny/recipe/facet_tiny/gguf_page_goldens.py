"""Goldens of a real GGUF: the log-probability that ``transformers`` gives to each token of some pages, in f32.

    python -m facet_tiny.gguf_page_goldens gemma3-270m.gguf ../../checkpoint/test/gguf/pages

Writes ``pages.json`` beside the pages: for each, ``ids`` (``<bos>`` first) and ``logprobs`` (one for each id but the first).
``transformers`` unpacks the file's weights to f32; attention is eager.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer


def main(gguf: str, pages: str) -> None:
    place = Path(gguf)
    tokenizer = AutoTokenizer.from_pretrained(place.parent, gguf_file=place.name)
    model = AutoModelForCausalLM.from_pretrained(place.parent, gguf_file=place.name, dtype=torch.float32, attn_implementation="eager")
    model.eval()
    goldens = {}
    for page in sorted(Path(pages).glob("*.txt")):
        text = page.read_text(encoding="utf-8").rstrip()
        ids = tokenizer(text, return_tensors="pt").input_ids
        with torch.inference_mode():
            logprobs = torch.log_softmax(model(ids).logits[0, :-1].double(), dim=-1)
        own = logprobs.gather(1, ids[0, 1:, None])[:, 0]
        print(page.name, ids.shape[1], float(torch.exp(-own.mean())))
        goldens[page.stem] = {"ids": ids[0].tolist(), "logprobs": [round(value, 5) for value in own.tolist()]}
    (Path(pages) / "pages.json").write_text(json.dumps(goldens, separators=(",", ":")) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
