"""Small files as gemma.cpp reads them, of random weights, and the weights that are in them.

    python -m facet_tiny.sbs_goldens ../../checkpoint/test/sbs/models

gemma.cpp has no package that writes them, so this is a writer from the layout that its sources document: `io/blob_store.cc`,
`io/fields.cc`, `gemma/configs.h`, `gemma/tensor_info.cc`, `compression/types.h`. Bytes of SFP are found by searching the values
that each byte means, which are computed from exponent and mantissa here and from nothing of Facet's.
"""

from __future__ import annotations

import gzip
import json
import struct
import sys
from pathlib import Path

import numpy as np
from safetensors.numpy import save

from facet_tiny import small_vocabulary

SEED = 47
WIDTH, INNER, LAYERS = 32, 36, 2
HEADS, KV_HEADS, HEAD = 4, 2, 8
WINDOW, CONTEXT = 16, 256
VOCABULARY = small_vocabulary.size()
TYPES = {"F32": 1, "BF16": 2, "SFP": 3, "NUQ": 4, "U32": 6, "I8": 8}
ELEMENT = {"F32": 4, "BF16": 2, "SFP": 1, "NUQ": 1}
LETTERS = {"F32": "F", "BF16": "B", "SFP": "$", "NUQ": "2"}


def sfp_meanings() -> np.ndarray:
    """What each of the 128 bytes without a sign means."""
    small = [(1 + mantissa / 4) * 2.0**exponent for exponent in range(-23, -7) for mantissa in range(4)]
    large = [(1 + mantissa / 8) * 2.0**exponent for exponent in range(-7, 1) for mantissa in range(8)]
    return np.array([0.0, *small[1:], *large], dtype=np.float32)


SFP = sfp_meanings()


def to_sfp(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The nearest bytes, and what they mean."""
    nearest = np.abs(np.abs(values)[:, None] - SFP[None, :]).argmin(1)
    signs = np.where((values < 0) & (nearest > 0), 128, 0)
    return (nearest + signs).astype(np.uint8), np.where(values < 0, -SFP[nearest], SFP[nearest]).astype(np.float32)


def to_nuq(values: np.ndarray) -> tuple[bytes, np.ndarray]:
    """Groups of 256 with 16 centres each, which are quantiles here: gemma.cpp chooses better ones, in the same form."""
    packed, meant = b"", []
    for at in range(0, len(values), 256):
        group = values[at : at + 256]
        codes, centres = to_sfp(np.quantile(group, (np.arange(16) + 0.5) / 16).astype(np.float32))
        index = np.abs(group[:, None] - centres[None, :]).argmin(1)
        meant.append(centres[index])
        even = np.concatenate([index, np.zeros(len(index) % 2, dtype=index.dtype)]).astype(np.uint8)
        packed += codes.tobytes() + (even[0::2] | (even[1::2] << 4)).astype(np.uint8).tobytes()
    return packed, np.concatenate(meant)


def pack(values: np.ndarray, kind: str) -> tuple[bytes, np.ndarray, float]:
    """The bytes, the values that they mean, and their scale."""
    flat = values.reshape(-1).astype(np.float32)
    if kind == "F32":
        return flat.tobytes(), values, 1.0
    if kind == "BF16":
        cut = (flat.view(np.uint32) >> 16).astype(np.uint16)
        return cut.tobytes(), (cut.astype(np.uint32) << 16).view(np.float32).reshape(values.shape), 1.0
    # A power of two: the product is exact.
    scale = float(2.0 ** np.ceil(np.log2(np.abs(flat).max() / 1.875)))
    scaled = flat / np.float32(scale)
    if kind == "SFP":
        codes, meant = to_sfp(scaled)
        return codes.tobytes(), (meant * np.float32(scale)).reshape(values.shape), scale
    data, meant = to_nuq(scaled)
    return data, (meant * np.float32(scale)).reshape(values.shape), scale


class Fields:
    """`io/fields.cc`: all is u32, and a record begins with its length."""

    def __init__(self) -> None:
        self.words: list[int] = []

    def u32(self, *values: int) -> Fields:
        self.words += [int(value) for value in values]
        return self

    def f32(self, value: float) -> Fields:
        return self.u32(struct.unpack("<I", struct.pack("<f", value))[0])

    def text(self, value: str) -> Fields:
        padded = value.encode() + b"\0" * (-len(value) % 4)
        return self.u32(len(padded) // 4, *struct.unpack(f"<{len(padded) // 4}I", padded))

    def record(self, inner: Fields) -> Fields:
        return self.u32(len(inner.words), *inner.words)

    def records(self, inner: list[Fields]) -> Fields:
        self.u32(len(inner))
        for one in inner:
            self.record(one)
        return self

    def bytes(self) -> bytes:
        return struct.pack(f"<{len(self.words)}I", *self.words)


def layer_config(head_norms: bool) -> Fields:
    own = Fields().u32(WIDTH, 0, INNER, HEADS, KV_HEADS, HEAD, 0, 0, 0, int(head_norms))
    return own.u32(1, 0, 0, 0, int(head_norms))


def model_config(head_norms: bool, tower: bool) -> Fields:
    own = Fields().u32(1).text("Gemma3_Small" if head_norms else "Gemma2_Small").u32(15 if head_norms else 7, 0, TYPES["SFP"])
    own.u32(LAYERS, WIDTH, VOCABULARY, CONTEXT, 0).f32(0.0 if head_norms else 20.0).f32(0.0 if head_norms else 5.0)
    own.u32(0, 0, 0).records([layer_config(head_norms) for _ in range(LAYERS)])
    own.u32(LAYERS, *[WINDOW if layer % 2 == 0 else CONTEXT for layer in range(LAYERS)]).u32(1)
    vision = Fields().u32(8, 4, 2, 14, 224).records([layer_config(False)] if tower else []).u32(1)
    own.record(vision).u32(1, 1, 5).u32(1).text("att_ein")
    return Fields().record(own)


def toc_entry(name: str, kind: str, rows: int, columns: int, scale: float, data: bytes) -> Fields:
    own = Fields().text(name).u32(TYPES[kind], ELEMENT.get(kind, 1), len(data) // ELEMENT.get(kind, 1), rows, columns)
    return Fields().record(own.f32(scale).u32(columns))


def align(size: int, to: int = 256) -> int:
    return -(-size // to) * to


def store(blobs: dict[str, bytes], at_end: bool) -> bytes:
    """`io/blob_store.cc`: the directory at the start, or since August 2025 at the end."""
    directory = 32 * len(blobs)
    offset = 256 if at_end else align(16 + directory)
    keys, ranges, payload = b"", b"", b""
    for name, data in blobs.items():
        keys += name.encode().ljust(16, b"\0")
        ranges += struct.pack("<QQ", offset + len(payload), len(data))
        payload += data.ljust(align(len(data)), b"\0")
    if not at_end:
        head = struct.pack("<IIQ", 0x0A534253, len(blobs), offset + len(payload)) + keys + ranges
        return head.ljust(offset, b"\0") + payload
    size = align(offset + len(payload) + align(16 + directory), 65_536)
    head = struct.pack("<IIQ", 0x0A534253, 0, 65_536).ljust(256, b"\0")
    tail = keys + ranges + struct.pack("<IIQ", 0x0A534253, len(blobs), size)
    return (head + payload).ljust(size - len(tail), b"\0") + tail


def weights(random: np.random.Generator, head_norms: bool) -> dict[str, np.ndarray]:
    """Hugging Face's names and shapes."""

    def matrix(rows: int, columns: int, spread: float = 0.9) -> np.ndarray:
        return (random.standard_normal((rows, columns)) * spread).astype(np.float32)

    def norm(size: int) -> np.ndarray:
        return (random.standard_normal(size) * 0.3).astype(np.float32)

    made = {"model.embed_tokens": matrix(VOCABULARY, WIDTH, 0.3), "model.norm": norm(WIDTH)}
    for layer in range(LAYERS):
        own = f"model.layers.{layer}."
        for name in ["input", "post_attention", "pre_feedforward", "post_feedforward"]:
            made[f"{own}{name}_layernorm"] = norm(WIDTH)
        for name, rows in [("q", HEADS * HEAD), ("k", KV_HEADS * HEAD), ("v", KV_HEADS * HEAD)]:
            made[f"{own}self_attn.{name}_proj"] = matrix(rows, WIDTH)
        made[f"{own}self_attn.o_proj"] = matrix(WIDTH, HEADS * HEAD)
        for name in ["gate", "up"]:
            made[f"{own}mlp.{name}_proj"] = matrix(INNER, WIDTH)
        made[f"{own}mlp.down_proj"] = matrix(WIDTH, INNER)
        if head_norms:
            made[f"{own}self_attn.q_norm"], made[f"{own}self_attn.k_norm"] = norm(HEAD), norm(HEAD)
    return made


def stacked(made: dict[str, np.ndarray], layer: int):
    """gemma.cpp's stacked tensors: what is packed, and how what it means comes apart again."""
    own = f"model.layers.{layer}."
    q, k, v, o = (made[f"{own}self_attn.{name}_proj"] for name in "qkvo")
    pairs = np.stack([k.reshape(KV_HEADS, HEAD, WIDTH), v.reshape(KV_HEADS, HEAD, WIDTH)], 1).reshape(-1, WIDTH)

    def split(pairs: np.ndarray) -> dict[str, np.ndarray]:
        both = pairs.reshape(KV_HEADS, 2, HEAD, WIDTH)
        return {f"{own}self_attn.{name}_proj": both[:, at].reshape(-1, WIDTH) for at, name in enumerate("kv")}

    def by_heads(matrix: np.ndarray) -> np.ndarray:
        return matrix.reshape(WIDTH, HEADS, HEAD).transpose(1, 0, 2).reshape(HEADS * WIDTH, HEAD)

    def from_heads(matrix: np.ndarray) -> np.ndarray:
        return matrix.reshape(HEADS, WIDTH, HEAD).transpose(1, 0, 2).reshape(WIDTH, HEADS * HEAD)

    gate, up, down = (made[f"{own}mlp.{name}_proj"] for name in ["gate", "up", "down"])
    rows = len(q)
    return {
        "whole": {
            "qkv_ein": (np.concatenate([q, pairs]), lambda m: {f"{own}self_attn.q_proj": m[:rows], **split(m[rows:])}),
            "att_ein": (by_heads(o), lambda m: {f"{own}self_attn.o_proj": from_heads(m)}),
            "gating_ein": (
                np.concatenate([gate, up]),
                lambda m: {f"{own}mlp.gate_proj": m[:INNER], f"{own}mlp.up_proj": m[INNER:]},
            ),
            "linear_w": (down, lambda m: {f"{own}mlp.down_proj": m}),
        },
        "split": {
            "qkv1_w": (q, lambda m: {f"{own}self_attn.q_proj": m}),
            "qkv2_w": (pairs, split),
            "att_w": (o, lambda m: {f"{own}self_attn.o_proj": m}),
            "gating1_w": (gate, lambda m: {f"{own}mlp.gate_proj": m}),
            "gating2_w": (up, lambda m: {f"{own}mlp.up_proj": m}),
            "linear_w": (down, lambda m: {f"{own}mlp.down_proj": m}),
        },
    }


NORMS = {
    "pre_att_ns": "input_layernorm",
    "post_att_ns": "post_attention_layernorm",
    "pre_ff_ns": "pre_feedforward_layernorm",
    "post_ff_ns": "post_feedforward_layernorm",
    "query_norm": "self_attn.q_norm",
    "key_norm": "self_attn.k_norm",
}


def write(folder: Path, name: str, *, layout: str, kinds: dict[str, str], head_norms: bool, single: bool, at_end: bool) -> None:
    made = weights(np.random.default_rng(SEED), head_norms)
    tensors: dict[str, tuple[str, bytes, float, tuple[int, int]]] = {}
    meant: dict[str, np.ndarray] = {}

    def add(key: str, base: str, values: np.ndarray, undo) -> None:
        kind = kinds.get(base, "BF16" if values.ndim == 1 else "SFP")
        data, read, scale = pack(values, kind)
        tensors[key] = (kind, data, scale, values.shape if values.ndim == 2 else (1, len(values)))
        meant.update({one: np.ascontiguousarray(part, dtype=np.float32) for one, part in undo(read).items()})

    add("c_embedding", "c_embedding", made["model.embed_tokens"], lambda m: {"model.embed_tokens": m})
    add("c_final_norm", "c_final_norm", made["model.norm"], lambda m: {"model.norm": m})
    for layer in range(LAYERS):
        for base, (values, undo) in stacked(made, layer)[layout].items():
            add(f"{base}_{layer}", base, values, undo)
        for base, own in NORMS.items():
            full = f"model.layers.{layer}.{own}"
            if full in made:
                add(f"{base}_{layer}", base, made[full], lambda m, full=full: {full: m})
    if head_norms:
        tensors["img_head_bias"] = ("F32", b"\0" * 4 * WIDTH, 1.0, (1, WIDTH))
    if single:
        blobs = {key: data for key, (_, data, _, _) in tensors.items()}
        blobs["config"] = model_config(head_norms, tower=head_norms).bytes()
        blobs["tokenizer"] = small_vocabulary.vocabulary()
        toc = [toc_entry(key, kind, *shape, scale, data) for key, (kind, data, scale, shape) in tensors.items()]
        blobs["toc"] = b"".join(entry.bytes() for entry in toc)
    else:
        blobs = {LETTERS[kind] + key: data for key, (kind, data, _, _) in tensors.items()}
        order = [f"{base}_{layer}" for layer in range(LAYERS) for base in ["att_ein", "qkv_ein", "gating_ein", "linear_w"]]
        blobs["Fscales"] = np.array([tensors[key][2] for key in order], dtype=np.float32).tobytes()
    for file, data in [(f"{name}.sbs", store(blobs, at_end)), (f"{name}.safetensors", save({f"{k}.weight": v for k, v in meant.items()}))]:
        (folder / f"{file}.gz").write_bytes(gzip.compress(data, mtime=0))


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    mixed = {"c_embedding": "BF16", "c_final_norm": "F32", "gating_ein": "NUQ", "linear_w": "NUQ", "att_ein": "BF16"}
    write(folder, "single", layout="whole", kinds=mixed, head_norms=False, single=True, at_end=True)
    write(folder, "letters", layout="whole", kinds={"c_embedding": "SFP"}, head_norms=False, single=False, at_end=False)
    split = {"c_embedding": "F32", "gating2_w": "NUQ"}
    write(folder, "split", layout="split", kinds=split, head_norms=True, single=True, at_end=False)
    (folder / "tokenizer.spm").write_bytes(small_vocabulary.vocabulary())
    config = {
        "architectures": ["Gemma2ForCausalLM"],
        "model_type": "gemma2",
        "vocab_size": VOCABULARY,
        "hidden_size": WIDTH,
        "intermediate_size": INNER,
        "num_hidden_layers": LAYERS,
        "num_attention_heads": HEADS,
        "num_key_value_heads": KV_HEADS,
        "head_dim": HEAD,
        "query_pre_attn_scalar": HEAD,
        "sliding_window": WINDOW,
        "attn_logit_softcapping": 20.0,
        "final_logit_softcapping": 5.0,
        "max_position_embeddings": CONTEXT,
    }
    (folder / "config.json").write_text(json.dumps(config) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
