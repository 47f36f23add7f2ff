"""A document of the corpus: its text, and what is known about every stretch of it."""

from __future__ import annotations

from dataclasses import dataclass, field

USER, MODEL, END = "<start_of_turn>user\n", "<start_of_turn>model\n", "<end_of_turn>\n"


@dataclass
class Document:
    """``spans`` are stretches of ``text`` (start, end, attribute); ``facts`` hold for all of it."""

    kind: str
    text: str = ""
    facts: list[str] = field(default_factory=list)
    spans: list[tuple[int, int, str]] = field(default_factory=list)
    subject: str | None = None

    def add(self, text: str, *attributes: str) -> Document:
        start = len(self.text)
        self.text += text
        self.spans += [(start, len(self.text), a) for a in attributes if a]
        return self


@dataclass(frozen=True)
class Sentence:
    text: str
    stage: str = ""


@dataclass(frozen=True)
class Exchange:
    """One question and its answer, the unit of which chats are made."""

    kind: str
    question: str
    answer: list[Sentence]
    topic: str = ""
    sentiment: str = ""
    subject: str | None = None

    def text(self) -> str:
        return join(self.answer)


def join(sentences: list[Sentence]) -> str:
    text = ""
    for s in sentences:
        text += s.text if not text or text.endswith("\n") else " " + s.text
    return text


def say(*texts: str, stage: str = "") -> list[Sentence]:
    return [Sentence(t, stage) for t in texts if t]


def chat(exchanges: list[Exchange]) -> Document:
    """The exchanges as a chat in Gemma's format."""
    first = exchanges[0]
    document = Document("chat" if len(exchanges) > 1 else first.kind, subject=first.subject)
    document.facts = sorted({f"topic: {e.topic}" for e in exchanges if e.topic})
    document.text = "<bos>"
    for turn, e in enumerate(exchanges):
        sentiment = f"sentiment: {e.sentiment}" if e.sentiment else ""
        later = "later turn of a chat" if turn else ""
        document.add(USER + e.question + END, "user's turn", later, f"user asks: {e.kind}")
        document.add(MODEL)
        start = len(document.text)
        for i, s in enumerate(e.answer):
            glue = "" if i == 0 or document.text.endswith("\n") else " "
            place = "first sentence of an answer" if i == 0 else "last sentence of an answer" if i == len(e.answer) - 1 else ""
            document.add(glue + s.text, place, s.stage)
        document.spans.append((start, len(document.text), "model's turn"))
        document.spans.append((start, len(document.text), f"answer: {e.kind}"))
        if sentiment:
            document.spans.append((start, len(document.text), sentiment))
        if later:
            document.spans.append((start, len(document.text), later))
        document.add(END)
    return document


def raw(exchange: Exchange) -> Document:
    """Only the answer, as plain text: ``inspect`` and ``score`` read text without a template."""
    document = Document("raw text", "<bos>", subject=exchange.subject)
    document.facts = [f"topic: {exchange.topic}"] if exchange.topic else []
    for i, s in enumerate(exchange.answer):
        glue = "" if i == 0 or document.text.endswith("\n") else " "
        document.add(glue + s.text, s.stage, f"answer: {exchange.kind}", f"sentiment: {exchange.sentiment}" if exchange.sentiment else "")
    document.add("<eos>")
    return document
