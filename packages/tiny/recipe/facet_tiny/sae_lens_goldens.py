"""Goldens of autoencoders as SAELens saves them, of every architecture and setting that Facet reads, on the small random Gemma 2 of
``steering_goldens.py``: what SAELens makes of the model's own activations, and what ``transformers`` makes of the text when a
SAELens autoencoder takes the place of its tensor, has a feature ablated, or writes along one.

    python -m facet_tiny.sae_lens_goldens ../../sdk/test/goldens/sae-lens

It takes SAELens (``pip install sae-lens``), which the recipe does without otherwise. The parameters are random.
"""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from facet_tiny.steering_goldens import LENGTH, SEED, VOCABULARY, make_model, width

FEATURES = 24
K = 5
LAYER = 1
HOOKS = {
    "resid_post": "hook_resid_post",
    "attn_z": "attn.hook_z",
    "mlp_out": "hook_mlp_out",
    "mlp_in_norm": "ln2.hook_normalized",
    # Of Gemma Scope 2's transcoders, with the module's name beside it: behind the norm's gain.
    "mlp_in": "hook_mlp_in",
}
VALUE = 1.5
CASES: dict[str, dict] = {
    "standard": {"architecture": "standard", "site": "resid_post"},
    "standard-without-b-dec": {"architecture": "standard", "site": "mlp_out", "apply_b_dec_to_input": False},
    "standard-layer-norm": {"architecture": "standard", "site": "resid_post", "normalize_activations": "layer_norm"},
    "standard-constant-norm": {"architecture": "standard", "site": "resid_post", "normalize_activations": "constant_norm_rescale"},
    "jumprelu": {"architecture": "jumprelu", "site": "resid_post"},
    "jumprelu-heads": {"architecture": "jumprelu", "site": "attn_z", "reshape_activations": "hook_z"},
    "jumprelu-f16": {"architecture": "jumprelu", "site": "resid_post", "stored": torch.float16},
    "jumprelu-bf16": {"architecture": "jumprelu", "site": "resid_post", "stored": torch.bfloat16},
    "gated": {"architecture": "gated", "site": "mlp_out"},
    "topk": {"architecture": "topk", "site": "resid_post", "k": K},
    "topk-decoder-norm": {"architecture": "topk", "site": "resid_post", "k": K, "rescale_acts_by_decoder_norm": True},
    "transcoder": {"architecture": "transcoder", "site": "mlp_in_norm"},
    "jumprelu-transcoder": {"architecture": "jumprelu_transcoder", "site": "mlp_in_norm"},
    "skip-transcoder": {"architecture": "skip_transcoder", "site": "mlp_in_norm"},
    "jumprelu-skip-transcoder-behind-gain": {"architecture": "jumprelu_skip_transcoder", "site": "mlp_in"},
    "topk-layer-norm": {"architecture": "topk", "site": "mlp_out", "k": K, "normalize_activations": "layer_norm"},
}


def make(case: dict, seed: int):
    from sae_lens.registry import get_sae_class

    settings = {key: value for key, value in case.items() if key not in ("architecture", "site", "stored")}
    site = case["site"]
    metadata = {"model_name": "random-gemma-2", "hook_name": f"blocks.{LAYER}.{HOOKS[site]}"}
    if site == "mlp_in":
        metadata["hf_hook_name"] = f"model.layers.{LAYER}.pre_feedforward_layernorm.output"
    if "transcoder" in case["architecture"]:
        settings |= {"d_out": width("mlp_out"), "apply_b_dec_to_input": False}
        metadata["hook_name_out"] = f"blocks.{LAYER}.hook_mlp_out"
    sae_class, config_class = get_sae_class(case["architecture"])
    common = {"architecture": case["architecture"], "d_in": width(site), "d_sae": FEATURES, "dtype": "float32", "device": "cpu"}
    config = config_class.from_dict({**common, "metadata": metadata, **settings})
    sae = sae_class(config)
    generator = torch.Generator().manual_seed(SEED + seed)
    spreads = {"W_enc": width(site) ** -0.5, "W_dec": width(site) ** -0.5, "threshold": 0.3, "b_dec": 0.3, "W_skip": 0.05}
    with torch.no_grad():
        for name, parameter in sae.named_parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * spreads.get(name, 0.2))
            if name == "threshold":
                parameter.abs_()
    return sae


def save(sae, case: dict, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    sae.save_model(folder)
    stored = case.get("stored")
    if stored is None:
        return
    weights = folder / "sae_weights.safetensors"
    save_file({key: value.to(stored) for key, value in load_file(weights).items()}, weights)
    rounded = {key: value.to(torch.float32) for key, value in load_file(weights).items()}
    sae.load_state_dict(rounded)


@contextmanager
def changed(model, site: str, change):
    """Has ``change`` make the tensor of a site anew at all positions but the first."""
    block = model.model.layers[LAYER]

    def act(x):
        made = change(x)
        return torch.cat([x[:, :1], made[:, 1:]], dim=1)

    if site == "resid_post":
        handle = block.register_forward_hook(lambda _m, _a, out: (act(out[0]), *out[1:]) if isinstance(out, tuple) else act(out))
    elif site == "attn_z":
        handle = block.self_attn.o_proj.register_forward_pre_hook(lambda _m, args: (act(args[0]),))
    elif site in ("mlp_out", "mlp_in"):
        norm = block.post_feedforward_layernorm if site == "mlp_out" else block.pre_feedforward_layernorm
        handle = norm.register_forward_hook(lambda _m, _a, out: act(out))
    else:
        handle = block.pre_feedforward_layernorm.register_forward_hook(
            lambda m, args, _out: act(m._norm(args[0].float())) * (1.0 + m.weight.float())
        )
    try:
        yield
    finally:
        handle.remove()


def logprobs(model, ids: torch.Tensor) -> list[float]:
    """Of each token, given those before it; the last of its mean, negated, is the loss."""
    rows = model(ids).logits[0, :-1].log_softmax(-1)
    return rows.gather(1, ids[0, 1:, None])[:, 0].tolist()


def heads(sae, x: torch.Tensor) -> torch.Tensor:
    """SAELens takes heads apart, and puts them together itself."""
    return x.unflatten(-1, (-1, 16)) if sae.cfg.reshape_activations == "hook_z" else x


def decoded(sae, f: torch.Tensor) -> torch.Tensor:
    made = sae.decode(f)
    return made.flatten(-2) if sae.cfg.reshape_activations == "hook_z" else made


def rebuilt(sae, x, edit=None):
    """What an autoencoder makes of ``x``. Norms of what was encoded last are forgotten in decoding."""
    f = sae.encode(heads(sae, x))
    if edit is None:
        return decoded(sae, f)
    edited = f.clone()
    edited[..., edit[0]] = edit[1]
    return decoded(sae, edited)


def measure(model, ids: torch.Tensor, sae, case: dict) -> dict:
    site = case["site"]
    writes = "mlp_out" if "transcoder" in case["architecture"] else site
    seen = {}

    def look(x):
        seen["x"] = x.clone()
        return x

    def edited(edit):
        """With the error term: nothing but the feature changes."""
        with changed(model, site, look), changed(model, writes, lambda x: x + rebuilt(sae, seen["x"], edit) - rebuilt(sae, seen["x"])):
            return logprobs(model, ids)

    with changed(model, site, look):
        model(ids)
    x = seen["x"][0]
    acts = sae.encode(heads(sae, x))
    # Which is active most often, so that something happens where it is taken out.
    feature = int((acts[1:] > 0).sum(0).argmax())
    result = {"site": site, "layer": LAYER, "features": acts[1:].tolist(), "feature": feature, "value": VALUE}
    if writes == site:
        result["reconstruction"] = rebuilt(sae, x)[1:].tolist()
        whole = rebuilt
    else:
        # With the matrix beside the features, where it has one.
        def whole(sae, x):
            return sae(x)

        with changed(model, writes, lambda out: out + 2 * sae.W_dec[feature]):
            result["steered"] = logprobs(model, ids)
    with changed(model, site, look), changed(model, writes, lambda _: whole(sae, seen["x"])):
        result["spliced"] = logprobs(model, ids)
    return {**result, "ablated": edited((feature, 0)), "clamped": edited((feature, VALUE))}


def main(folder: Path) -> None:
    model, _ = make_model()
    ids = torch.randint(106, VOCABULARY - 20, (1, LENGTH), generator=torch.Generator().manual_seed(SEED + 1))
    ids[0, 0] = 2
    cases = {}
    with torch.no_grad():
        for seed, (name, case) in enumerate(CASES.items()):
            sae = make(case, seed)
            save(sae, case, folder / name)
            cases[name] = measure(model, ids, sae, case)
    rounded = json.loads(json.dumps({"ids": ids[0].tolist(), "cases": cases}), parse_float=lambda text: round(float(text), 5))
    (folder / "goldens.json").write_text(json.dumps(rounded) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
