/** Effect's `Tokenizer` over an open Facet. */
import type * as AiError from "effect/ai/AiError"
import * as Prompt from "effect/ai/Prompt"
import * as Tokenizer from "effect/ai/Tokenizer"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { checked } from "../../words/checked.ts"
import { checkNumber } from "../../words/Checks.ts"
import type { FacetError } from "../../words/Errors.ts"
import { Opened } from "../../words/Opened.ts"
import { tokens } from "../tokens.ts"
import { toAiError } from "./toAiError.ts"
import { toChat } from "./toChat.ts"

/**
 * Effect's `Tokenizer`, with the text model's own tokenizer and template: the tokens of a prompt are those that a generation
 * reads, the template's among them. `truncate` keeps the last messages that fit and that begin with the user's.
 *
 * @example
 * const ids = yield* Effect.flatMap(Tokenizer.Tokenizer, ({ tokenize }) => tokenize("Hello!")).pipe(
 *   Effect.provide(facetTokenizer),
 * )
 * yield* Console.log(ids.length)
 */
export const facetTokenizer: Layer.Layer<Tokenizer.Tokenizer, never, Opened> = Layer.effect(
  Tokenizer.Tokenizer,
  Effect.map(Opened, (opened) => {
    const run = <A>(method: string, effect: Effect.Effect<A, FacetError, Opened>): Effect.Effect<A, AiError.AiError> =>
      effect.pipe(
        Effect.mapError((error) => toAiError({ module: "Tokenizer", method }, error)),
        Effect.provideService(Opened, opened),
      )
    return {
      tokenize: (input) => run("tokenize", tokenize(Prompt.make(input))),
      truncate: (input, limit) => run("truncate", truncate(Prompt.make(input), limit)),
    }
  }),
)

const tokenize = (prompt: Prompt.Prompt): Effect.Effect<Array<number>, FacetError, Opened> =>
  Effect.gen(function* () {
    const chat = yield* checked(() => toChat(prompt))
    return chat.length === 0 ? [] : [...(yield* tokens.render(chat)).tokens]
  })

/** Effect's own would ask for the tokens of chats that begin with an answer, which templates refuse. */
const truncate = (prompt: Prompt.Prompt, limit: number): Effect.Effect<Prompt.Prompt, FacetError, Opened> =>
  Effect.gen(function* () {
    yield* checked(() => checkNumber("tokens", limit, { min: 0, max: Number.MAX_SAFE_INTEGER, integer: true }))
    // All of it, so that a part that is refused is named by its place in the whole.
    yield* checked(() => toChat(prompt))
    let kept = Prompt.empty
    for (let start = prompt.content.length - 1; start >= 0; start--) {
      const candidate = Prompt.fromMessages(prompt.content.slice(start))
      if (!isChat(candidate)) continue
      if ((yield* countTokens(candidate)) > limit) break
      kept = candidate
    }
    return kept
  })

const isChat = ({ content }: Prompt.Prompt): boolean => content.find(({ role }) => role !== "system")?.role === "user"

/** What the model's context does not hold fits no limit. */
const countTokens = (prompt: Prompt.Prompt): Effect.Effect<number, FacetError, Opened> =>
  tokenize(prompt).pipe(
    Effect.map(({ length }) => length),
    Effect.catchTag("ContextOverflowError", () => Effect.succeed(Number.POSITIVE_INFINITY)),
  )
