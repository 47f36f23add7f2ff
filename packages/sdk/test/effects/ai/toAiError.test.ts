/** Facet's errors as Effect's: which can be tried again, and that ours is kept. */
import { assert, it } from "@effect/vitest"
import { toAiError } from "../../../src/effects/ai/toAiError.ts"
import {
  ClosedError,
  ContextOverflowError,
  DownloadError,
  EngineCrashedError,
  type FacetError,
  GuardTimeoutError,
  InvalidRequestError,
  OverloadedError,
  RuntimeError,
} from "../../../src/index.ts"

const invalid = (option: string) => new InvalidRequestError({ option, problem: "p", remedy: "r" })

const rows: ReadonlyArray<readonly [error: FacetError, reason: string, isRetryable: boolean]> = [
  [invalid("prompt[1]"), "InvalidUserInputError", false],
  [invalid("messages[1].content"), "InvalidUserInputError", false],
  [invalid("schema.properties.x"), "UnsupportedSchemaError", false],
  [invalid("temperature"), "InvalidRequestError", false],
  [new ContextOverflowError({ tokens: 9, limit: 8 }), "InvalidRequestError", false],
  [new OverloadedError({ limit: 1 }), "RateLimitError", true],
  [new DownloadError({ url: "https://x.test/", problem: "p", remedy: "r" }), "NetworkError", true],
  [new EngineCrashedError({ problem: "p" }), "InternalProviderError", true],
  [new GuardTimeoutError({ milliseconds: 1 }), "InternalProviderError", true],
  [new RuntimeError({ operation: "o", problem: "p" }), "UnknownError", false],
  [new ClosedError(), "UnknownError", false],
]

it.each(rows)("$0._tag becomes $1", (error, reason, isRetryable) => {
  const made = toAiError({ module: "LanguageModel", method: "generateText" }, error)
  assert.strictEqual(made.reason._tag, reason)
  assert.strictEqual(made.isRetryable, isRetryable)
  assert.strictEqual(made.reason.cause, error)
  // A full queue has no words in Effect's error.
  if (reason !== "RateLimitError") assert.include(made.message, error.message)
})
