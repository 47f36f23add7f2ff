"""Remake everything of the embedded model: ``python make.py``, or ``python make.py STAGE ...``.

Stages, in order: tokenizer, language-model, figures, guard, scope, goldens; and, only where they are
named, tools (after language-model) and labels (after scope). What a stage made below
``--work`` is kept: run again, it is skipped or goes on from its last checkpoint. Delete a file
there to make it anew.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

# Two threads that sleep while they wait leave the machine usable for other work.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
os.environ.setdefault("OMP_NUM_THREADS", "2")

import torch

from facet_tiny import batches, corpus, evaluate_language_model, evaluate_tools, goldens, model, scope, tokenizer
from facet_tiny import train_language_model as language_model

RECIPE = Path(__file__).resolve().parent
PACKAGE = RECIPE.parent
MODELS = PACKAGE / "models"
GOLDENS = PACKAGE.parent / "sdk" / "test" / "goldens"
FIGURES = PACKAGE / "figures.json"
TOKENIZER_SEED = 7
GUARD_SECONDS = 1500


def make_tokenizer(work: Path) -> None:
    folder = work / "tokenizer"
    if not (folder / "tokenizer.json").exists():
        texts = (text for text, _ in batches.texts(TOKENIZER_SEED, 40_000))
        tokenizer.write_json(folder / "tokenizer_config.json", tokenizer.tokenizer_config())
        tokenizer.write_json(folder / "tokenizer.json", tokenizer.train_tokenizer(texts))


def make_language_model(work: Path) -> None:
    save_language_model(language_model.train(work / "tokenizer", work), work)


def make_tools(work: Path) -> None:
    """The second leg: tools and JSON, from where the first one ended."""
    first = language_model.train(work / "tokenizer", work)
    save_language_model(language_model.train(work / "tokenizer", work, language_model.TOOLS, start=first), work)


def save_language_model(trained: model.TinyGemma, work: Path) -> None:
    folder = MODELS / "tiny-gemma-it"
    model.save_folder(trained, folder)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copyfile(work / "tokenizer" / name, folder / name)


def make_figures(work: Path) -> None:
    """Figures of the shipped (float16) language model, and of its corpus."""
    folder = MODELS / "tiny-gemma-it"
    shipped = model.load_folder(folder)
    legs = {"first leg": language_model.Plan(), "second leg": language_model.TOOLS}
    trained = [plan for plan in legs.values() if (work / f"{plan.name}.pt").exists()]
    seen = [d.text for plan in trained for d in corpus.take(plan.seed, int(plan.documents_a_step * plan.steps), plan.kinds)]
    figures = {
        "corpus": {
            "documents": len(seen),
            "tokens_trained_on": sum(plan.tokens() for plan in trained),
            "word_types_met_10_times": corpus.word_types(seen, 10),
            "templates": corpus.template_count(),
        },
        "validation_loss": {},
        "stories": evaluate_language_model.evaluate(shipped, folder),
        "tools": evaluate_tools.evaluate(folder),
    }
    for name, plan in legs.items():
        validation = language_model.validation_rows(folder, plan)
        figures["validation_loss"][f"text of the {name}"] = language_model.validation_loss(shipped, validation, len(validation))
    record("language_model", figures)


def make_guard(work: Path) -> None:
    if not (work / "guard" / "export" / "model.safetensors").exists() or not (MODELS / "tiny-shield" / "model.safetensors").exists():
        start, out, shipped = str(MODELS / "tiny-gemma-it"), str(work / "guard"), str(MODELS / "tiny-shield")
        run("facet_tiny.guard.train", "--from", start, "--out", out, "--seconds", str(GUARD_SECONDS))
        run("facet_tiny.guard.export", f"{out}/export", start, shipped)
    measured = work / "guard.json"
    run("facet_tiny.guard.evaluate", str(MODELS / "tiny-shield"), "--own", "400", "--json", str(measured))
    record("guard", json.loads(measured.read_text()))


def make_scope(work: Path) -> None:
    folder = MODELS / "tiny-gemma-it"
    shutil.rmtree(MODELS / "tiny-scope", ignore_errors=True)
    record("scope", scope.make(model.load_folder(folder), folder, MODELS / "tiny-scope"))


def make_labels(work: Path) -> None:
    folder = MODELS / "tiny-gemma-it"
    table = json.loads(FIGURES.read_text())["scope"]
    record("scope", scope.relabel(model.load_folder(folder), folder, MODELS / "tiny-scope", table))


def make_goldens(work: Path) -> None:
    goldens.make(MODELS, GOLDENS)


def record(name: str, figures: object) -> None:
    known = json.loads(FIGURES.read_text()) if FIGURES.exists() else {}
    known[name] = figures
    FIGURES.write_text(json.dumps(known, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    print(json.dumps(figures, indent=1, ensure_ascii=False), flush=True)


def run(module: str, *arguments: str) -> None:
    subprocess.run([sys.executable, "-m", module, *arguments], cwd=RECIPE, check=True)


STAGES = {
    "tokenizer": make_tokenizer,
    "language-model": make_language_model,
    "figures": make_figures,
    "guard": make_guard,
    "scope": make_scope,
    "goldens": make_goldens,
}
# Only where they are named: a leg whose results nobody has measured yet, and labels anew, of autoencoders as they lie there.
NAMED = {"tools": make_tools, "labels": make_labels}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("stages", nargs="*", metavar="STAGE", help=", ".join(STAGES))
    parser.add_argument("--work", type=Path, default=RECIPE / "work", help="checkpoints and logs (default: work)")
    arguments = parser.parse_args()
    unknown = set(arguments.stages) - {*STAGES, *NAMED}
    if unknown:
        parser.error(f"no stage {', '.join(unknown)}; there are {', '.join([*STAGES, *NAMED])}")
    torch.set_num_threads(2)
    arguments.work.mkdir(parents=True, exist_ok=True)
    for name in arguments.stages or STAGES:
        print(f"== {name}", flush=True)
        {**STAGES, **NAMED}[name](arguments.work)


if __name__ == "__main__":
    main()
