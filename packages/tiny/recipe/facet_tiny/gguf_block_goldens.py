"""Goldens of GGUF's blocks: random ones of every type that Facet reads, and the weights that the ``gguf`` package finds in them.

python -m facet_tiny.gguf_block_goldens ../../sdk/test/goldens/gguf-blocks.safetensors
"""

from __future__ import annotations

import sys

import numpy as np
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType, quants
from safetensors.numpy import save_file

SEED = 14
BLOCKS = 6

# Where a block keeps its f16: random bytes there would often be no number.
HALVES = {
    "F16": [0],
    "Q4_0": [0],
    "Q4_1": [0, 2],
    "Q5_0": [0],
    "Q5_1": [0, 2],
    "Q8_0": [0],
    "Q2_K": [80, 82],
    "Q3_K": [108],
    "Q4_K": [0, 2],
    "Q5_K": [0, 2],
    "Q6_K": [208],
}
# Ordinary scales of either sign, a subnormal one, the largest, nought.
SCALES = np.array([0.0123, -0.00457, 3e-7, 65504, 0, -1.7], dtype=np.float16)
FLOATS = np.array([1.5, -0.0, 3.0e-39, 65504, -7.25, 1e-7], dtype=np.float32)


def blocks(random: np.random.Generator, name: str, size: int) -> np.ndarray:
    if name == "F32":
        return FLOATS.view(np.uint8).reshape(BLOCKS, 4)
    if name == "BF16":
        return (FLOATS.view(np.uint32) >> 16).astype(np.uint16).view(np.uint8).reshape(BLOCKS, 2)
    drawn = random.integers(0, 256, (BLOCKS, size), dtype=np.uint8)
    for turn, at in enumerate(HALVES[name]):
        drawn[:, at : at + 2] = np.roll(SCALES, turn).reshape(-1, 1).view(np.uint8)
    return drawn


def main(path: str) -> None:
    random = np.random.default_rng(SEED)
    tensors = {}
    for name in ["F32", "BF16", *HALVES]:
        kind = GGMLQuantizationType[name]
        drawn = blocks(random, name, GGML_QUANT_SIZES[kind][1])
        tensors[f"{name}.bytes"] = drawn.reshape(-1)
        tensors[f"{name}.weights"] = np.ascontiguousarray(quants.dequantize(drawn, kind), dtype=np.float32).reshape(-1)
    save_file(tensors, path)


if __name__ == "__main__":
    main(sys.argv[1])
