"""Gemma 2 at toy size: the architecture in plain PyTorch, and its Hugging Face folder.

Parameter names are those of ``Gemma2ForCausalLM`` below ``model.``, so exporting is a rename.
Training needs two things that transformers' module does not give cheaply: a mask that keeps
packed documents apart, and a forward that returns chosen activations.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from .tokenizer import BOS, END_OF_TURN, EOS, PAD, VOCAB_SIZE, write_json


@dataclass(frozen=True)
class Shape:
    """The sizes of the network. A window of 32 makes sliding attention matter in short tests."""

    vocab: int = VOCAB_SIZE
    hidden: int = 192
    layers: int = 6
    intermediate: int = 640
    heads: int = 4
    kv_heads: int = 2
    head_dim: int = 48
    window: int = 32
    attention_cap: float = 50.0
    final_cap: float = 30.0
    rope_theta: float = 10000.0
    eps: float = 1e-6
    context: int = 1024


class RMSNorm(nn.Module):
    def __init__(self, size: int, eps: float):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(size))
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        normed = x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.eps)
        return normed * (1.0 + self.weight)


def rotary(shape: Shape, length: int) -> tuple[Tensor, Tensor]:
    powers = torch.arange(0, shape.head_dim, 2, dtype=torch.float32) / shape.head_dim
    angles = torch.outer(torch.arange(length, dtype=torch.float32), shape.rope_theta**-powers)
    angles = torch.cat([angles, angles], dim=-1)
    return angles.cos(), angles.sin()


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    left, right = x.chunk(2, dim=-1)
    return x * cos + torch.cat([-right, left], dim=-1) * sin


class Attention(nn.Module):
    def __init__(self, shape: Shape):
        super().__init__()
        self.shape = shape
        self.q_proj = nn.Linear(shape.hidden, shape.heads * shape.head_dim, bias=False)
        self.k_proj = nn.Linear(shape.hidden, shape.kv_heads * shape.head_dim, bias=False)
        self.v_proj = nn.Linear(shape.hidden, shape.kv_heads * shape.head_dim, bias=False)
        self.o_proj = nn.Linear(shape.heads * shape.head_dim, shape.hidden, bias=False)

    def mix(self, x: Tensor, cos: Tensor, sin: Tensor, mask: Tensor) -> Tensor:
        """The heads' outputs, concatenated: what Gemma Scope calls ``attn_z``."""
        batch, length, _ = x.shape
        shape, group = self.shape, self.shape.heads // self.shape.kv_heads
        q = self.q_proj(x).view(batch, length, shape.heads, shape.head_dim).transpose(1, 2)
        k = self.k_proj(x).view(batch, length, shape.kv_heads, shape.head_dim).transpose(1, 2)
        v = self.v_proj(x).view(batch, length, shape.kv_heads, shape.head_dim).transpose(1, 2)
        q = rotate(q, cos, sin) * shape.head_dim**-0.5
        k = rotate(k, cos, sin)
        q = q.reshape(batch, shape.kv_heads, group * length, shape.head_dim)
        scores = (q @ k.transpose(-1, -2)).view(batch, shape.kv_heads, group, length, length)
        scores = torch.tanh(scores / shape.attention_cap) * shape.attention_cap
        weights = torch.softmax(scores + mask, dim=-1).view(batch, shape.kv_heads, group * length, length)
        z = (weights @ v).view(batch, shape.heads, length, shape.head_dim)
        return z.transpose(1, 2).reshape(batch, length, shape.heads * shape.head_dim)


class MLP(nn.Module):
    def __init__(self, shape: Shape):
        super().__init__()
        self.gate_proj = nn.Linear(shape.hidden, shape.intermediate, bias=False)
        self.up_proj = nn.Linear(shape.hidden, shape.intermediate, bias=False)
        self.down_proj = nn.Linear(shape.intermediate, shape.hidden, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.down_proj(F.gelu(self.gate_proj(x), approximate="tanh") * self.up_proj(x))


class Layer(nn.Module):
    def __init__(self, shape: Shape):
        super().__init__()
        self.self_attn = Attention(shape)
        self.mlp = MLP(shape)
        self.input_layernorm = RMSNorm(shape.hidden, shape.eps)
        self.post_attention_layernorm = RMSNorm(shape.hidden, shape.eps)
        self.pre_feedforward_layernorm = RMSNorm(shape.hidden, shape.eps)
        self.post_feedforward_layernorm = RMSNorm(shape.hidden, shape.eps)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor, mask: Tensor, tap=None) -> Tensor:
        z = self.self_attn.mix(self.input_layernorm(x), cos, sin, mask)
        if tap:
            z = tap("attn_z", z)
        x = x + self.post_attention_layernorm(self.self_attn.o_proj(z))
        update = self.post_feedforward_layernorm(self.mlp(self.pre_feedforward_layernorm(x)))
        if tap:
            update = tap("mlp_out", update)
        x = x + update
        return tap("resid_post", x) if tap else x


class TinyGemma(nn.Module):
    def __init__(self, shape: Shape = Shape()):
        super().__init__()
        self.shape = shape
        self.embed_tokens = nn.Embedding(shape.vocab, shape.hidden)
        self.layers = nn.ModuleList(Layer(shape) for _ in range(shape.layers))
        self.norm = RMSNorm(shape.hidden, shape.eps)
        cos, sin = rotary(shape, shape.context)
        self.register_buffer("cos", cos, persistent=False)
        self.register_buffer("sin", sin, persistent=False)

    def initialise(self, seed: int) -> TinyGemma:
        generator = torch.Generator().manual_seed(seed)
        for name, parameter in self.named_parameters():
            if parameter.ndim == 2:
                std = 0.02 if "embed" in name else parameter.shape[1] ** -0.5 * 0.5
                parameter.data.normal_(0.0, std, generator=generator)
        return self

    def hidden(self, ids: Tensor, documents: Tensor | None = None, tap=None) -> Tensor:
        """Final normed states. ``documents`` numbers the document of each token of a packed row.

        ``tap(layer, site, value)`` sees, and may replace, the activations at every site.
        """
        length = ids.shape[1]
        full, sliding = masks(length, self.shape.window, documents)
        cos, sin = self.cos[:length], self.sin[:length]
        x = self.embed_tokens(ids) * self.shape.hidden**0.5
        for i, layer in enumerate(self.layers):
            at_layer = (lambda site, value, i=i: tap(i, site, value)) if tap else None
            x = layer(x, cos, sin, sliding if i % 2 == 0 else full, at_layer)
        return self.norm(x)

    def head(self, hidden: Tensor) -> Tensor:
        logits = F.linear(hidden, self.embed_tokens.weight)
        return torch.tanh(logits / self.shape.final_cap) * self.shape.final_cap

    def forward(self, ids: Tensor, documents: Tensor | None = None, tap=None) -> Tensor:
        return self.head(self.hidden(ids, documents, tap))


def masks(length: int, window: int, documents: Tensor | None) -> tuple[Tensor, Tensor]:
    """Additive masks of full and sliding attention, each [batch or 1, 1, 1, length, length]."""
    i = torch.arange(length)
    distance = i[:, None] - i[None, :]
    causal = distance >= 0
    allowed = causal[None] if documents is None else causal & (documents[:, :, None] == documents[:, None, :])
    near = allowed & (distance < window)

    def additive(mask: Tensor) -> Tensor:
        return torch.zeros(mask.shape).masked_fill(~mask, -1e9)[:, None, None]

    return additive(allowed), additive(near)


def hugging_face_config(shape: Shape) -> dict:
    kinds = ["sliding_attention" if i % 2 == 0 else "full_attention" for i in range(shape.layers)]
    return {
        "architectures": ["Gemma2ForCausalLM"],
        "model_type": "gemma2",
        "attention_bias": False,
        "attention_dropout": 0.0,
        "attn_logit_softcapping": shape.attention_cap,
        "bos_token_id": BOS,
        "cache_implementation": "hybrid",
        "eos_token_id": EOS,
        "final_logit_softcapping": shape.final_cap,
        "head_dim": shape.head_dim,
        "hidden_act": "gelu_pytorch_tanh",
        "hidden_activation": "gelu_pytorch_tanh",
        "hidden_size": shape.hidden,
        "initializer_range": 0.02,
        "intermediate_size": shape.intermediate,
        "layer_types": kinds,
        "max_position_embeddings": shape.context,
        "num_attention_heads": shape.heads,
        "num_hidden_layers": shape.layers,
        "num_key_value_heads": shape.kv_heads,
        "pad_token_id": PAD,
        "query_pre_attn_scalar": shape.head_dim,
        "rms_norm_eps": shape.eps,
        "rope_theta": shape.rope_theta,
        "sliding_window": shape.window,
        "tie_word_embeddings": True,
        "torch_dtype": "float16",
        "use_cache": True,
        "vocab_size": shape.vocab,
    }


def generation_config() -> dict:
    return {
        "_from_model_config": True,
        "bos_token_id": BOS,
        "cache_implementation": "hybrid",
        "eos_token_id": [EOS, END_OF_TURN],
        "pad_token_id": PAD,
    }


def save_folder(model: TinyGemma, folder: Path) -> None:
    """Write config, generation config and float16 weights as a Hugging Face folder."""
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / "config.json", hugging_face_config(model.shape))
    write_json(folder / "generation_config.json", generation_config())
    tensors = {f"model.{k}": v.detach().to(torch.float16).contiguous() for k, v in model.state_dict().items()}
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    (folder / "model.safetensors").chmod(0o644)


def load_folder(folder: Path) -> TinyGemma:
    """The shipped weights, back in float32."""
    model = TinyGemma()
    tensors = load_file(folder / "model.safetensors")
    model.load_state_dict({k.removeprefix("model."): v.float() for k, v in tensors.items()})
    return model.eval()
