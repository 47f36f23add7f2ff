"""Small random models, adapters of peft's, and what peft's `merge_and_unload()` makes of both.

Run by hand with torch, transformers, peft and safetensors: python make.py. Seeded: the same bytes again.
"""

import json
import pathlib

import torch
from peft import LoraConfig, get_peft_model
from safetensors.torch import save_file
from transformers import Gemma2Config, Gemma2ForCausalLM

here = pathlib.Path(__file__).parent
everything = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
cases = {
    "patterns": (True, dict(r=4, lora_alpha=8, target_modules=everything, rank_pattern={"down_proj": 2, "^model.layers.0.mlp.up_proj": 3}, alpha_pattern={"layers.0.self_attn.q_proj": 3, r".*\.mlp\.gate_proj": 5})),
    "stabilised": (False, dict(r=3, lora_alpha=6, use_rslora=True, target_modules=["embed_tokens", "lm_head", "q_proj"])),
    "saved": (True, dict(r=2, lora_alpha=4, target_modules=["v_proj"], modules_to_save=["lm_head", "input_layernorm"])),
}


def make(name, tied, options):
    torch.manual_seed(7)
    config = Gemma2Config(
        vocab_size=40, hidden_size=32, intermediate_size=64, num_hidden_layers=1, num_attention_heads=2,
        num_key_value_heads=1, head_dim=16, query_pre_attn_scalar=16, sliding_window=16, max_position_embeddings=64,
        tie_word_embeddings=tied, bos_token_id=2, eos_token_id=1, pad_token_id=0,
    )
    model = Gemma2ForCausalLM(config)
    for weight in model.parameters():
        torch.nn.init.normal_(weight, std=0.1)
    folder = here / name
    base = folder / "base"
    base.mkdir(parents=True, exist_ok=True)
    own = lambda state: {k: v.detach().clone().contiguous() for k, v in state.items()}
    state = own(model.state_dict())
    if tied:
        del state["lm_head.weight"]
    save_file(state, base / "model.safetensors", metadata={"format": "pt"})
    (base / "config.json").write_text(json.dumps(dict(config.to_diff_dict(), architectures=["Gemma2ForCausalLM"], model_type="gemma2", tie_word_embeddings=tied), indent=1))
    (base / "tokenizer.json").write_text("{}")
    adapted = get_peft_model(model, LoraConfig(task_type="CAUSAL_LM", **options))
    for key, weight in adapted.named_parameters():
        if "lora_" in key or "modules_to_save" in key:
            torch.nn.init.normal_(weight, std=0.2)
    adapted.save_pretrained(folder / "adapter", save_embedding_layers=False)
    (folder / "adapter" / "README.md").unlink(missing_ok=True)
    merged = own(adapted.merge_and_unload().state_dict())
    if tied and torch.equal(merged["lm_head.weight"], merged["model.embed_tokens.weight"]):
        del merged["lm_head.weight"]
    save_file(merged, folder / "merged.safetensors", metadata={"format": "pt"})


for name, (tied, options) in cases.items():
    make(name, tied, options)
