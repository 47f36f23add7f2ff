"""Small random GGUFs, as llama.cpp's own package writes them: what Facet makes of them is compared with what llama.cpp makes.

    python -m facet_tiny.gguf_models ../../checkpoint/test/gguf/models

Scores and logits are large enough for the soft-caps to matter, and the window is short enough for a text to leave it.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from gguf import GGMLQuantizationType, GGUFWriter, TokenType, quants

SEED = 27
WIDTH, LAYERS, INNER = 32, 4, 64
HEADS, KV_HEADS, HEAD = 2, 1, 32
WINDOW = 16

CONTROLS = ["<pad>", "<eos>", "<bos>", "<unk>", "<start_of_turn>", "<end_of_turn>"]
BYTES = [f"<0x{byte:02X}>" for byte in range(256)]
WORDS = ["▁t", "he", "▁the", "in", "▁f", "ox", "▁fox", "an", "nd", "and", "▁and"]
LETTERS = list("▁abcdefghijklmnopqrstuvwxyz.,TA")
PIECES = [*CONTROLS, *BYTES, "\n", *WORDS, *LETTERS]


def add_tokenizer(writer: GGUFWriter) -> None:
    kinds = [TokenType.CONTROL] * len(CONTROLS) + [TokenType.BYTE] * 256 + [TokenType.USER_DEFINED]
    kinds += [TokenType.NORMAL] * (len(WORDS) + len(LETTERS))
    scores = [-1000.0] * len(CONTROLS) + [0.0] * 256 + [-1000.0] + [float(-rank) for rank in range(len(WORDS) + len(LETTERS))]
    writer.add_tokenizer_model("llama")
    writer.add_tokenizer_pre("default")
    writer.add_token_list(PIECES)
    writer.add_token_scores(scores)
    writer.add_token_types(kinds)
    writer.add_bos_token_id(2)
    writer.add_eos_token_id(1)
    writer.add_unk_token_id(3)
    writer.add_pad_token_id(0)
    writer.add_add_bos_token(True)
    writer.add_add_space_prefix(False)


def tensors(arch: str, random: np.random.Generator):
    def matrix(rows: int, columns: int, scale: float) -> np.ndarray:
        return (random.standard_normal((rows, columns)) * scale).astype(np.float32)

    def norm(size: int, least: float = 0.5) -> np.ndarray:
        # As files have them, the 1 included.
        return (least + random.random(size)).astype(np.float32)

    yield "token_embd", matrix(len(PIECES), WIDTH, 0.5)
    for layer in range(LAYERS):
        own = f"blk.{layer}."
        yield own + "attn_norm", norm(WIDTH)
        yield own + "attn_q", matrix(HEADS * HEAD, WIDTH, 0.7)
        yield own + "attn_k", matrix(KV_HEADS * HEAD, WIDTH, 0.7)
        yield own + "attn_v", matrix(KV_HEADS * HEAD, WIDTH, 0.3)
        yield own + "attn_output", matrix(WIDTH, HEADS * HEAD, 0.3)
        yield own + "post_attention_norm", norm(WIDTH)
        yield own + "ffn_norm", norm(WIDTH)
        yield own + "ffn_gate", matrix(INNER, WIDTH, 0.3)
        yield own + "ffn_up", matrix(INNER, WIDTH, 0.3)
        yield own + "ffn_down", matrix(WIDTH, INNER, 0.3)
        yield own + "post_ffw_norm", norm(WIDTH)
        if arch == "gemma3":
            yield own + "attn_q_norm", norm(HEAD, 1.0)
            yield own + "attn_k_norm", norm(HEAD, 1.0)
    yield "output_norm", norm(WIDTH)


def write(path: Path, arch: str, kind: GGMLQuantizationType) -> None:
    writer = GGUFWriter(str(path), arch)
    writer.add_name(f"Random {arch}")
    writer.add_context_length(512)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(INNER)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KV_HEADS)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_key_length(HEAD)
    writer.add_value_length(HEAD)
    writer.add_sliding_window(WINDOW)
    if arch == "gemma2":
        writer.add_attn_logit_softcapping(20.0)
        writer.add_final_logit_softcapping(5.0)
    else:
        writer.add_rope_freq_base(500_000.0)
        writer.add_sliding_window_pattern(3)
    add_tokenizer(writer)
    for name, values in tensors(arch, np.random.default_rng(SEED)):
        own = kind if values.ndim == 2 else GGMLQuantizationType.F32
        writer.add_tensor(f"{name}.weight", quants.quantize(values, own), raw_dtype=own)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def main(folder: str) -> None:
    for arch, kind in [("gemma2", "F32"), ("gemma2", "F16"), ("gemma2", "Q8_0"), ("gemma3", "F16")]:
        write(Path(folder) / f"{arch}-{kind.lower()}.gguf", arch, GGMLQuantizationType[kind])


if __name__ == "__main__":
    main(sys.argv[1])
