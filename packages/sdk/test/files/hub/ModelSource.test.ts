import { assert, describe, expect, it } from "vitest"
import { readModelSource } from "../../../src/files/hub/ModelSource.ts"

const hub = (repository: string, revision?: string, file?: string) => ({ kind: "hub", repository, revision, file })

describe("a model's source", () => {
  it.each<[string, object]>([
    ["google/gemma-2-2b-it", hub("google/gemma-2-2b-it")],
    ["google/gemma-2-2b-it@v1", hub("google/gemma-2-2b-it", "v1")],
    ["google/gemma-2-2b-it@refs/pr/3", hub("google/gemma-2-2b-it", "refs/pr/3")],
    ["hf:google/gemma-2-2b-it", hub("google/gemma-2-2b-it")],
    ["HF:a/b@v1", hub("a/b", "v1")],
    ["hf:a/b-GGUF/q4/c Q4_0.gguf", hub("a/b-GGUF", undefined, "q4/c Q4_0.gguf")],
    ["hf:a/b/c.gguf@refs/pr/3", hub("a/b", "refs/pr/3", "c.gguf")],
    ["https://huggingface.co/a/b", hub("a/b")],
    ["https://huggingface.co/a/b/tree/main", hub("a/b", "main")],
    ["https://hf.co/a/b/blob/main/c.gguf", hub("a/b", "main", "c.gguf")],
    ["https://huggingface.co/a/b/resolve/refs%2Fpr%2F3/c.gguf?download=true", hub("a/b", "refs/pr/3", "c.gguf")],
    [
      "kaggle:google/gemma-2/transformers/gemma-2-2b-it",
      {
        kind: "kaggle",
        owner: "google",
        model: "gemma-2",
        framework: "transformers",
        variation: "gemma-2-2b-it",
        version: undefined,
      },
    ],
    [
      "kaggle:google/gemma-2/Transformers/gemma-2-2b-it/2",
      {
        kind: "kaggle",
        owner: "google",
        model: "gemma-2",
        framework: "transformers",
        variation: "gemma-2-2b-it",
        version: 2,
      },
    ],
    ["ollama:gemma2", { kind: "ollama", path: "registry.ollama.ai/library/gemma2", tag: "latest" }],
    ["ollama:gemma2:2b", { kind: "ollama", path: "registry.ollama.ai/library/gemma2", tag: "2b" }],
    ["ollama:me/mine:v1", { kind: "ollama", path: "registry.ollama.ai/me/mine", tag: "v1" }],
    ["ollama:hf.co/a/b:Q4_0", { kind: "ollama", path: "hf.co/a/b", tag: "Q4_0" }],
    ["ollama:localhost:5000/a/b", { kind: "ollama", path: "localhost:5000/a/b", tag: "latest" }],
    ["https://models.example/gemma/", { kind: "url", url: "https://models.example/gemma/" }],
    ["http://localhost:8080/a.gguf", { kind: "url", url: "http://localhost:8080/a.gguf" }],
    ["./gemma", { kind: "path", path: "./gemma" }],
    ["a.gguf", { kind: "path", path: "a.gguf" }],
    ["C:\\models\\gemma", { kind: "path", path: "C:\\models\\gemma" }],
    ["a/b/c", { kind: "path", path: "a/b/c" }],
  ])("may be written %s", (text, source) => {
    assert.deepEqual<object>(readModelSource(text), source)
  })

  it.each([
    ["", /names nothing/],
    ["  ", /names nothing/],
    ["s3://bucket/gemma", /no kind of source/],
    ["hf:gemma", /no repository/],
    ["hf:a/b/c.safetensors", /no \.gguf/],
    ["hf:a/b/../../c.gguf", /no \.gguf/],
    ["hf:a/b/c.gguf@../x", /no repository/],
    ["kaggle:google/gemma-2", /four names/],
    ["kaggle:google/gemma-2/transformers/gemma-2-2b-it/latest", /four names/],
    ["kaggle:../a/b/c", /four names/],
    ["ollama:", /no model of Ollama's/],
    ["ollama:../../x", /no model of Ollama's/],
    ["ollama:a/b/c/d", /no model of Ollama's/],
    ["https://", /not a URL/],
    ["https://huggingface.co/a", /no repository/],
  ])("may not be written %s", (text, problem) => {
    expect(() => readModelSource(text)).toThrow(
      expect.objectContaining({ _tag: "ModelNotFoundError", problem: expect.stringMatching(problem) }),
    )
  })
})
