"""Goldens of interventions: a small random Gemma 2, random autoencoders at every site, and what ``transformers`` computes with
them in f32 with eager attention while forward hooks change its inside.

    python -m facet_tiny.steering_goldens ../../sdk/test/goldens/steering

The hooks are written from the definitions (encode, edit, decode, add the error again; projections as matrices), and not as
Facet computes them.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file

SEED = 19
LAYERS = 4
HIDDEN = 32
HEADS = 4
HEAD = 16
FEATURES = 24
VOCABULARY = 384
# Longer than the window of 16.
LENGTH = 40
GREEDY = 12
SITES = ("resid_post", "attn_z", "mlp_out", "mlp_in_norm")
PLACES = [(site, 1) for site in SITES] + [("resid_post", 2), ("mlp_in", 1)]


def width(site: str) -> int:
    return HEADS * HEAD if site == "attn_z" else HIDDEN


def make_model():
    from transformers import Gemma2Config, Gemma2ForCausalLM

    config = Gemma2Config(
        vocab_size=VOCABULARY,
        hidden_size=HIDDEN,
        intermediate_size=64,
        num_hidden_layers=LAYERS,
        num_attention_heads=HEADS,
        num_key_value_heads=2,
        head_dim=HEAD,
        max_position_embeddings=256,
        sliding_window=16,
        query_pre_attn_scalar=24,
        attn_implementation="eager",
    )
    model = Gemma2ForCausalLM(config).eval()
    generator = torch.Generator().manual_seed(SEED)
    made = {}
    for name, parameter in model.state_dict().items():
        if name.startswith("lm_head"):
            continue
        spread = 0.3 if parameter.ndim == 1 else parameter.shape[-1] ** -0.5
        made[name] = (torch.randn(parameter.shape, generator=generator) * spread).to(torch.bfloat16)
    model.load_state_dict({key: value.float() for key, value in made.items()}, strict=False)
    model.tie_weights()
    return model, made


def make_sae(site: str, layer: int) -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(SEED + 100 * layer + (*SITES, "mlp_in").index(site))

    def normal(*shape: int) -> torch.Tensor:
        return torch.randn(*shape, generator=generator)

    d = width(site)
    rows = normal(FEATURES, d)
    return {
        "W_enc": normal(d, FEATURES) * d**-0.5,
        "W_dec": rows / rows.norm(dim=1, keepdim=True),
        # The first is active at most positions.
        "b_enc": torch.cat([torch.tensor([3.0]), normal(FEATURES - 1) * 0.1]),
        "b_dec": normal(d) * 0.3,
        # One of them is below zero: nothing negative passes there either.
        "threshold": torch.cat([torch.tensor([-0.5]), torch.rand(FEATURES - 1, generator=generator) * 0.6]),
    }


def encode(sae: dict, x: torch.Tensor) -> torch.Tensor:
    pre = x @ sae["W_enc"] + sae["b_enc"]
    return torch.where(pre > sae["threshold"], torch.relu(pre), torch.zeros_like(pre))


def decode(sae: dict, f: torch.Tensor) -> torch.Tensor:
    return f @ sae["W_dec"] + sae["b_dec"]


def acted(one: dict, sae: dict | None, x: torch.Tensor) -> torch.Tensor:
    """What one intervention makes of ``x`` wherever it acts."""
    kind = one["type"]
    if kind == "steer":
        v = sae["W_dec"][one["feature"]] if "feature" in one else torch.tensor(one["vector"])
        strength = one.get("strength", 1)
        method = one.get("method", "additive")
        if method == "additive":
            return x + strength * v
        unit = v / v.norm()
        if method == "orthogonal-decomposition":
            projector = torch.outer(unit, unit)
            return x @ (torch.eye(len(v)) - projector) + strength * (x @ projector)
        along = x @ unit
        return x + (torch.clamp(along, max=strength) - along)[..., None] * unit
    f = encode(sae, x)
    edited = f.clone()
    if kind == "splice":
        for index, value in one.get("features", {}).items():
            edited[..., int(index)] = value
        if not one.get("errorTerm", True):
            return decode(sae, edited)
    else:
        edited[..., one["feature"]] = one.get("value", 0)
    return decode(sae, edited) + (x - decode(sae, f))


def is_active(one: dict, position: int) -> bool:
    positions = one.get("positions", {})
    if isinstance(positions, list):
        return position in positions
    return position >= positions.get("from", 1) and position < positions.get("to", 10**9)


def change(ones: list[dict], saes: dict, x: torch.Tensor) -> torch.Tensor:
    """All read the tensor as it was: their changes are added up."""
    result = x.clone()
    for one in ones:
        sae = saes.get((one["site"], one["layer"]))
        active = torch.tensor([is_active(one, position) for position in range(x.shape[1])])[None, :, None]
        result = result + torch.where(active, acted(one, sae, x) - x, torch.zeros_like(x))
    return result


def hook(model, saes: dict, interventions: list[dict]):
    handles = []
    for place in {(one["site"], one["layer"]) for one in interventions}:
        site, layer = place
        ones = [one for one in interventions if (one["site"], one["layer"]) == place]

        def act(x: torch.Tensor, ones=ones) -> torch.Tensor:
            return change(ones, saes, x)

        block = model.model.layers[layer]
        if site == "resid_post":
            handles.append(
                block.register_forward_hook(lambda _m, _a, out, act=act: (act(out[0]), *out[1:]) if isinstance(out, tuple) else act(out))
            )
        elif site == "attn_z":
            handles.append(block.self_attn.o_proj.register_forward_pre_hook(lambda _m, args, act=act: (act(args[0]),)))
        elif site in ("mlp_out", "mlp_in"):
            norm = block.post_feedforward_layernorm if site == "mlp_out" else block.pre_feedforward_layernorm
            handles.append(norm.register_forward_hook(lambda _m, _a, out, act=act: act(out)))
        else:
            handles.append(
                block.pre_feedforward_layernorm.register_forward_hook(
                    lambda m, args, _out, act=act: act(m._norm(args[0].float())) * (1.0 + m.weight.float())
                )
            )
    return handles


def cases() -> dict[str, list[dict]]:
    generator = torch.Generator().manual_seed(SEED + 7)

    def vector(site: str) -> list[float]:
        return torch.randn(width(site), generator=generator).tolist()

    made: dict[str, list[dict]] = {"nothing": []}
    for site, layer in PLACES:
        at = {"site": site, "layer": layer}
        made |= {
            f"{site}.{layer} steered by a feature": [{"type": "steer", **at, "feature": 5, "strength": 3.5}],
            f"{site}.{layer} steered by a vector": [{"type": "steer", **at, "vector": vector(site), "strength": -0.75}],
            f"{site}.{layer} without a direction": [
                {"type": "steer", **at, "vector": vector(site), "strength": 0, "method": "orthogonal-decomposition"}
            ],
            f"{site}.{layer} with a direction tripled": [
                {"type": "steer", **at, "feature": 9, "strength": 3, "method": "orthogonal-decomposition"}
            ],
            f"{site}.{layer} capped": [{"type": "steer", **at, "feature": 2, "strength": -0.2, "method": "projection-cap"}],
            f"{site}.{layer} with a feature ablated": [{"type": "ablate", **at, "feature": 0}],
            f"{site}.{layer} with a feature clamped": [{"type": "clamp", **at, "feature": 7, "value": 4.25}],
            f"{site}.{layer} spliced": [{"type": "splice", **at, "features": {"3": 2.5, "4": 0, "11": 1}}],
            f"{site}.{layer} reconstructed": [{"type": "splice", **at, "features": {"6": 2}, "errorTerm": False}],
        }
    made["all at once"] = [
        {"type": "steer", "site": "resid_post", "layer": 1, "feature": 5, "strength": 2},
        {"type": "ablate", "site": "resid_post", "layer": 1, "feature": 6},
        {"type": "steer", "site": "resid_post", "layer": 1, "feature": 8, "strength": 0.5, "method": "orthogonal-decomposition"},
        {"type": "clamp", "site": "attn_z", "layer": 1, "feature": 3, "value": 2},
        {"type": "splice", "site": "mlp_out", "layer": 1, "errorTerm": False},
        {"type": "steer", "site": "mlp_out", "layer": 1, "feature": 1, "strength": 1.5},
        {"type": "steer", "site": "mlp_in_norm", "layer": 1, "vector": vector("mlp_in_norm")},
        {"type": "steer", "site": "resid_post", "layer": 2, "feature": 2, "strength": 0.1, "method": "projection-cap"},
        {"type": "steer", "site": "resid_post", "layer": 0, "vector": vector("resid_post"), "strength": 0.5},
    ]
    at = {"site": "resid_post", "layer": 1}
    made["at some positions"] = [
        {"type": "steer", **at, "feature": 5, "strength": 4, "positions": [3, 17, 30]},
        {"type": "clamp", **at, "feature": 6, "value": 3, "positions": {"from": 10, "to": 20}},
        {"type": "clamp", **at, "feature": 6, "value": 1, "positions": {"from": 20}},
        {"type": "ablate", "site": "mlp_out", "layer": 1, "feature": 1, "positions": {"to": 12}},
    ]
    return made


def main(folder: Path) -> None:
    scope = folder / "scope"
    model, weights = make_model()
    saes = {place: make_sae(*place) for place in PLACES}
    for (site, layer), sae in saes.items():
        target = scope / site / f"layer_{layer}" / f"width_{FEATURES}" / "average_l0_8"
        target.mkdir(parents=True, exist_ok=True)
        np.savez(target / "params.npz", **{key: value.numpy() for key, value in sae.items()})
    ids = torch.randint(106, VOCABULARY - 20, (1, LENGTH), generator=torch.Generator().manual_seed(SEED + 1))
    ids[0, 0] = 2
    rows = [0, 1, 10, 17, 39]
    tensors, listed = {}, []
    for i, (name, interventions) in enumerate(cases().items()):
        handles = hook(model, saes, interventions)
        with torch.no_grad():
            tensors[f"logits.{i}"] = model(ids).logits[0][rows].contiguous()
            # Without a cache, so that the hooks see every position where it stands.
            greedy = model.generate(ids, max_new_tokens=GREEDY, do_sample=False, eos_token_id=None, pad_token_id=0, use_cache=False)
        for handle in handles:
            handle.remove()
        listed.append({"name": name, "interventions": interventions, "key": f"logits.{i}", "greedy": greedy[0, LENGTH:].tolist()})
    save_file(tensors, folder / "logits.safetensors")
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    written = json.loads(model.config.to_json_string(use_diff=False))
    goldens = {"config": {**written, "architectures": ["Gemma2ForCausalLM"]}, "ids": ids[0].tolist(), "positions": rows, "cases": listed}
    (folder / "goldens.json").write_text(json.dumps(goldens) + "\n", encoding="utf-8")
    for file in folder.rglob("*"):
        file.chmod(0o755 if file.is_dir() else 0o644)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
