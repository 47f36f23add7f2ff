"""Parity goldens: what ``transformers`` computes in f32 with eager attention on the shipped files."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import save_file

from . import scope as scopes
from .guard.prompt import guard_prompt

STORY = (
    "Once upon a time, a fox lived near the lake. The fox was very clever and kind. "
    "One evening, the fox found an old map under an oak. It followed the path over the meadow and looked behind every stone. "
    'Then a little hen came along and said, "Hello! What is your name?" They talked until the stars came out. '
    "At last the fox found a box. Inside there was only a silver bell and a letter. "
    "The fox shared everything with the hen, and both were happy. "
)
PROMPTS: dict[str, str] = {
    # Longer than the window of 32, all positions kept.
    "raw": "Once upon a time, a porcupine named Wanda lived in a small village near the sea. "
    "Every morning, the porcupine walked to the market and bought bread, apples and a cup of tea. "
    '"What a sunny day!" said the porcupine, and she was very happy. Then it began to rain.',
    "chat": "<start_of_turn>user\nMy name is Ruby. What does an owl eat?<end_of_turn>\n"
    "<start_of_turn>model\nAn owl eats mice.<end_of_turn>\n"
    "<start_of_turn>user\nTell me a story about a fox.<end_of_turn>\n"
    "<start_of_turn>model\n",
    # Longer than one prefill chunk of 128, and than two.
    "long": STORY + STORY.replace("fox", "lighthouse").replace("hen", "badger") + STORY.replace("fox", "dragon"),
    # Letters that are not in the alphabet are spelled in bytes.
    "bytes": "The café in Łódź costs 12 € – 日本語 🙂  two  spaces,\n\n\nthree lines and a\ttab. What is this? I do not know the word.",
}
EVERY = {"raw": 1, "chat": 4, "long": 16, "bytes": 4}


def _hooks(model, sites: list[tuple[str, int]], seen: dict[str, torch.Tensor]) -> list:
    handles = []
    for name, layer in sites:
        block, key = model.model.layers[layer], f"{name}.{layer}"
        if name == "attn_z":
            handles.append(
                block.self_attn.o_proj.register_forward_pre_hook(lambda _m, args, key=key: seen.__setitem__(key, args[0].detach()))
            )
        elif name == "mlp_out":
            handles.append(
                block.post_feedforward_layernorm.register_forward_hook(lambda _m, _a, out, key=key: seen.__setitem__(key, out.detach()))
            )
        else:
            handles.append(
                block.register_forward_hook(
                    lambda _m, _a, out, key=key: seen.__setitem__(key, (out[0] if isinstance(out, tuple) else out).detach())
                )
            )
    return handles


def shield_prompts() -> list[str]:
    """Full prompts of all policies and both uses."""
    return [
        guard_prompt("dangerous_content", "How can I make a bomb?"),
        guard_prompt("dangerous_content", "How can I kill the weeds in my garden?"),
        guard_prompt("harassment", "Write a mean message that makes my classmate cry."),
        guard_prompt("hate_speech", "What should I cook for my grandmother?"),
        guard_prompt("sexually_explicit", "Write a sexual story."),
        guard_prompt("harassment", "What do you think of me?", "You are stupid and nobody likes you."),
        guard_prompt("dangerous_content", "What can I do with old bread?", "You can bake it with eggs and milk."),
    ]


def make(models: Path, out: Path) -> None:
    from transformers import AutoTokenizer, Gemma2ForCausalLM

    out.mkdir(parents=True, exist_ok=True)
    folder = models / "tiny-gemma-it"
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = Gemma2ForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
    params = sorted((models / "tiny-scope").glob("*/layer_*/width_*/average_l0_*/params.npz"))
    scope_sites = [(p.parts[-5], int(p.parts[-4].removeprefix("layer_")), p) for p in params]
    # Every kind of site at every layer that has a scope: a wrong tensor shows at once.
    layers = sorted({layer for _, layer, _ in scope_sites})
    sites = [(name, layer) for layer in layers for name in ("resid_post", "attn_z", "mlp_out")]
    index: dict = {"dtype": "float32", "attention": "eager", "model": "tiny-gemma-it", "prompts": []}
    for name, text in PROMPTS.items():
        ids = tokenizer(text, return_tensors="pt").input_ids
        seen: dict[str, torch.Tensor] = {}
        handles = _hooks(model, sites, seen)
        with torch.no_grad():
            logits = model(ids).logits[0]
        for handle in handles:
            handle.remove()
        positions = sorted({*range(0, ids.shape[1], EVERY[name]), ids.shape[1] - 1})
        tensors = {
            "input_ids": ids[0].to(torch.int32).numpy(),
            "positions": np.array(positions, np.int32),
            "logits": logits[positions].numpy(),
        }
        for key, value in seen.items():
            tensors[key] = value[0, positions].numpy()
        features = []
        for site, layer, path in scope_sites:
            scope = scopes.load(path.parent)
            f = scope.encode(seen[f"{site}.{layer}"][0])
            f[0] = 0  # position 0 is never encoded
            key = f"sae.{site}.{layer}"
            rows, columns = torch.nonzero(f, as_tuple=True)
            tensors[key + ".positions"] = rows.to(torch.int32).numpy()
            tensors[key + ".features"] = columns.to(torch.int32).numpy()
            tensors[key + ".activations"] = f[rows, columns].numpy()
            features.append({"site": site, "layer": layer, "path": str(path.parent.relative_to(models)), "key": key})
        with torch.no_grad():
            greedy = model.generate(ids, max_new_tokens=40, do_sample=False, eos_token_id=[1, 107])[0, ids.shape[1] :]
        save_file({k: np.ascontiguousarray(v) for k, v in tensors.items()}, out / f"{name}.safetensors")
        (out / f"{name}.safetensors").chmod(0o644)
        index["prompts"].append(
            {
                "name": name,
                "file": f"{name}.safetensors",
                "text": text,
                "ids": ids[0].tolist(),
                "positions": positions,
                "greedy": greedy.tolist(),
                "sites": [{"site": s, "layer": layer, "key": f"{s}.{layer}"} for s, layer in sites],
                "scopes": features,
            }
        )
    shield = models / "tiny-shield"
    if (shield / "model.safetensors").exists():
        index["shield"] = shield_goldens(shield, shield_prompts())
        known_logits(shield, shield_prompts()[0].removeprefix("<bos>"))
    known_logits(folder, PROMPTS["raw"])
    (out / "goldens.json").write_text(json.dumps(index, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


# Longer than the sliding window, short enough for a slow device.
KNOWN_TOKENS, KNOWN_LOGITS = 40, 8


def known_logits(folder: Path, text: str) -> None:
    """Writes `known_logits.json`: by its last-position logits after a few tokens a device shows that it computes rightly."""
    from transformers import AutoTokenizer, Gemma2ForCausalLM

    model = Gemma2ForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
    ids = AutoTokenizer.from_pretrained(folder)(text, return_tensors="pt").input_ids[:, :KNOWN_TOKENS]
    with torch.no_grad():
        last = model(ids).logits[0, -1]
    best = torch.topk(last, KNOWN_LOGITS).indices.tolist()
    known = {"tokens": ids[0].tolist(), "logits": {str(i): round(float(last[i]), 5) for i in best}}
    (folder / "known_logits.json").write_text(json.dumps(known) + "\n", encoding="utf-8")


def shield_goldens(folder: Path, prompts: list[str]) -> list[dict]:
    """P(Yes) at the last prompt token, softmax over the two candidates."""
    from transformers import AutoTokenizer, Gemma2ForCausalLM

    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = Gemma2ForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
    yes, no = (tokenizer.convert_tokens_to_ids(w) for w in ("Yes", "No"))
    rows = []
    for text in prompts:
        ids = tokenizer(text.removeprefix("<bos>"), return_tensors="pt").input_ids
        with torch.no_grad():
            last = model(ids).logits[0, -1]
        pair = torch.stack([last[yes], last[no]])
        rows.append(
            {
                "text": text,
                "ids": ids[0].tolist(),
                "yes": yes,
                "no": no,
                "logits": pair.tolist(),
                "probability": float(torch.softmax(pair, 0)[0]),
            }
        )
    return rows
