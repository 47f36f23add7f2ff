"""A SentencePiece vocabulary of Gemma's kind with a few dozen words, for random small models."""

from __future__ import annotations

from sentencepiece import sentencepiece_model_pb2 as proto

CONTROLS = ["<pad>", "<eos>", "<bos>", "<unk>"]
TURNS = ["<start_of_turn>", "<end_of_turn>"]
BYTES = [f"<0x{byte:02X}>" for byte in range(256)]
WORDS = ["▁t", "he", "▁the", "in", "▁f", "ox", "▁fox", "an", "nd", "and", "▁and"]
LETTERS = list("▁abcdefghijklmnopqrstuvwxyz.,TA")
TEXT = (
    "The harbour is small, and a loud voice carries from one end of it to the other. "
    "The fox and the ox went down to the sea in the fog, and in the fog they lost the sea."
)


def vocabulary() -> bytes:
    """A serialised model: BPE, and no space before a text, as Gemma's."""
    model = proto.ModelProto()
    model.trainer_spec.model_type = proto.TrainerSpec.BPE
    model.trainer_spec.byte_fallback = True
    model.trainer_spec.pad_id, model.trainer_spec.eos_id, model.trainer_spec.bos_id, model.trainer_spec.unk_id = 0, 1, 2, 3
    model.normalizer_spec.name = "identity"
    model.normalizer_spec.add_dummy_prefix = False
    model.normalizer_spec.remove_extra_whitespaces = False
    kinds = proto.ModelProto.SentencePiece

    def add(piece: str, score: float, kind: int) -> None:
        model.pieces.add(piece=piece, score=score, type=kind)

    for piece in CONTROLS:
        add(piece, 0.0, kinds.UNKNOWN if piece == "<unk>" else kinds.CONTROL)
    for piece in [*TURNS, "\n"]:
        add(piece, 0.0, kinds.USER_DEFINED)
    for piece in BYTES:
        add(piece, 0.0, kinds.BYTE)
    for rank, piece in enumerate([*WORDS, *LETTERS]):
        add(piece, float(-rank), kinds.NORMAL)
    return model.SerializeToString(deterministic=True)


def size() -> int:
    return len(CONTROLS) + len(TURNS) + 1 + len(BYTES) + len(WORDS) + len(LETTERS)
