"""Parity goldens of Gemma 3 text: small random models, and what ``transformers`` computes with them in f32 with eager attention.

    python -m facet_tiny.gemma3_goldens ../../sdk/test/goldens/gemma3

Weights are bfloat16 values of at least 2^-14 in magnitude, so that float16 and float32 files hold exactly the same numbers
and one set of goldens serves all three.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file

SEED = 3
LAYERS = (0, 4, 5)
SITES = ("resid_post", "attn_z", "mlp_out", "mlp_in_norm")
# Longer than one prefill chunk of 128, and than the window of 16 many times over.
LENGTH = 150
KEPT = (0, 1, 15, 16, 17, 40, 126, 127, 128, 129, 149)
GREEDY = 24

# A turn begins with 105 and ends with 106, as in Gemma 3's vocabulary.
CONTROLS = ["<pad>", "<eos>", "<bos>", "<unk>", "<mask>", *(f"<unused{i}>" for i in range(100)), "<start_of_turn>", "<end_of_turn>"]
BYTES = [f"<0x{byte:02X}>" for byte in range(256)]
PIECES = [*CONTROLS, *BYTES, "\n", "▁", "a", "b", "ab", "▁a", "▁ab", "b▁", "Yes", "No", "Ye", "s", "Y", "e", "N", "o"]
MERGES = ["a b", "▁ a", "▁ ab", "Y e", "Ye s", "N o"]
VOCABULARY = 384

VARIANTS = {
    # The base frequencies of both kinds of layers differ; nothing is stretched.
    "plain": {},
    # As Gemma 3 4B and larger: positions of the full layers are divided by a factor. And a final soft-cap, which the class has.
    "stretched": {
        "rope_parameters": {
            "full_attention": {"rope_type": "linear", "rope_theta": 1_000_000.0, "factor": 8.0},
            "sliding_attention": {"rope_type": "default", "rope_theta": 10_000.0},
        },
        "final_logit_softcapping": 20.0,
    },
}


def config(changes: dict):
    from transformers import Gemma3TextConfig

    return Gemma3TextConfig(
        vocab_size=VOCABULARY,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=7,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=16,
        max_position_embeddings=512,
        sliding_window=16,
        query_pre_attn_scalar=24,
        attn_implementation="eager",
        **changes,
    )


def tokenizer() -> dict:
    vocab = {piece: i for i, piece in enumerate(PIECES)}
    return {
        "version": "1.0",
        "added_tokens": [
            *({"id": i, "content": piece, "special": True} for i, piece in enumerate(CONTROLS)),
            {"id": vocab["\n"], "content": "\n", "special": False},
            # Gemma 3 1B's file has one token more than its embedding.
            {"id": VOCABULARY, "content": "<image_soft_token>", "special": True},
        ],
        "normalizer": {"type": "Replace", "pattern": {"String": " "}, "content": "▁"},
        "pre_tokenizer": None,
        "post_processor": None,
        "decoder": None,
        "model": {"type": "BPE", "byte_fallback": True, "ignore_merges": False, "unk_token": "<unk>", "vocab": vocab, "merges": MERGES},
    }


def weights(model) -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(SEED)
    made = {}
    for name, parameter in model.state_dict().items():
        if name.startswith("lm_head"):
            continue
        spread = 0.3 if parameter.ndim == 1 else parameter.shape[-1] ** -0.5
        values = torch.randn(parameter.shape, generator=generator) * spread
        values = torch.where(values.abs() < 2**-13, torch.full_like(values, 2**-13), values)
        made[name] = values.to(torch.bfloat16)
    return made


def taps(model, seen: dict[str, torch.Tensor]) -> None:
    def keep(key: str):
        return lambda _m, _a, out: seen.__setitem__(key, (out[0] if isinstance(out, tuple) else out).detach()[0])

    for layer in LAYERS:
        block = model.model.layers[layer]
        block.register_forward_hook(keep(f"resid_post.{layer}"))
        block.post_feedforward_layernorm.register_forward_hook(keep(f"mlp_out.{layer}"))
        norm = block.pre_feedforward_layernorm
        norm.register_forward_pre_hook(
            lambda m, args, key=f"mlp_in_norm.{layer}": seen.__setitem__(key, m._norm(args[0].float()).detach()[0])
        )
        block.self_attn.o_proj.register_forward_pre_hook(lambda _m, args, key=f"attn_z.{layer}": seen.__setitem__(key, args[0].detach()[0]))


def golden(folder: Path, name: str, changes: dict) -> dict:
    from transformers import Gemma3ForCausalLM

    model = Gemma3ForCausalLM(config(changes)).eval()
    made = weights(model)
    model.load_state_dict({key: value.float() for key, value in made.items()}, strict=False)
    model.tie_weights()
    seen: dict[str, torch.Tensor] = {}
    taps(model, seen)
    ids = torch.randint(len(CONTROLS), len(PIECES), (1, LENGTH), generator=torch.Generator().manual_seed(SEED + 1))
    ids[0, 0] = 2
    with torch.no_grad():
        logits = model(ids).logits[0]
    kept = {key: value.clone() for key, value in seen.items()}
    rows = list(KEPT)
    tensors = {"logits": logits[rows], **{key: value[rows] for key, value in kept.items()}}
    save_file({key: value.contiguous() for key, value in tensors.items()}, folder / f"{name}.safetensors")
    with torch.no_grad():
        greedy = model.generate(ids, max_new_tokens=GREEDY, do_sample=False, eos_token_id=None, pad_token_id=0)[0, LENGTH:]
    if name == "plain":
        save_file(made, folder / "model.safetensors", metadata={"format": "pt"})
    written = json.loads(model.config.to_json_string(use_diff=False))
    return {
        "name": name,
        "file": f"{name}.safetensors",
        "config": {**written, "architectures": ["Gemma3ForCausalLM"]},
        "ids": ids[0].tolist(),
        "positions": rows,
        "greedy": greedy.tolist(),
        "sites": [{"site": site, "layer": layer, "key": f"{site}.{layer}"} for layer in LAYERS for site in SITES],
    }


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    variants = [golden(folder, name, changes) for name, changes in VARIANTS.items()]
    (folder / "goldens.json").write_text(json.dumps(variants, indent=1) + "\n", encoding="utf-8")
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    for file in folder.iterdir():
        file.chmod(0o644)


if __name__ == "__main__":
    np.random.seed(SEED)
    torch.manual_seed(SEED)
    main(Path(sys.argv[1]))
