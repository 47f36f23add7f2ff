/** Texts of exactly so many tokens, new ones each round, so that no cache knows them. */
import { basename, dirname } from "node:path"
import { AutoTokenizer, env, type PreTrainedTokenizer } from "@huggingface/transformers"
import { defaultPolicies } from "@facet/sdk/words"
import type { Converse, Judge, Read, Repeat, Together, Tokens } from "./Task.ts"

/** Short words of the everyday: what a vocabulary has as one token each, with the space before it. */
const candidates =
  "the and was for his her with they had said but not you she him all out were then day there from when one big very saw little went like happy would play could day what them want tree ball help mom dog cat have friend did toy good back felt home down park time came other looked put new around box could water bird see more time made red too house car found get asked more bear".split(
    " ",
  )

const turn = {
  open: "<bos><start_of_turn>user\n",
  close: "<end_of_turn>\n<start_of_turn>model\n",
  next: "<end_of_turn>\n<start_of_turn>user\n",
}

export class TaskMaker {
  readonly #tokenizer: PreTrainedTokenizer
  readonly #words: ReadonlyArray<string>

  private constructor(tokenizer: PreTrainedTokenizer, words: ReadonlyArray<string>) {
    this.#tokenizer = tokenizer
    this.#words = words
  }

  static async open(folder: string): Promise<TaskMaker> {
    env.allowRemoteModels = false
    env.localModelPath = dirname(folder)
    const tokenizer = await AutoTokenizer.from_pretrained(basename(folder), { local_files_only: true })
    const isOneToken = (word: string): boolean =>
      tokenizer.encode(` ${word}`, { add_special_tokens: false }).length === 1
    const words = [...new Set(candidates)].filter(isOneToken)
    if (words.length < 8) throw new Error("the vocabulary has too few words of one token")
    return new TaskMaker(tokenizer, words)
  }

  /** A prompt of so many tokens, `<bos>` among them. */
  read(seed: number, length: number, tokens: number): Read {
    return { kind: "read", prompt: this.#raw(this.#text(seed, length - 1)), tokens }
  }

  converse(seed: number, answer: number, pauseMs: number): Converse {
    // The first word of a message loses its space, as templates trim: which is why none is counted on.
    const [first, second] = [this.#text(seed, 48).trim(), this.#text(seed + 1, 24).trim()]
    return {
      kind: "converse",
      first: { text: first, ids: this.#encode(`${turn.open}${first}${turn.close}`) },
      answer,
      second: { text: second, ids: this.#encode(`${turn.next}${second}${turn.close}`) },
      pauseMs,
    }
  }

  /** ShieldGemma's prompts for a content of so many words, one a policy, as far as they are alike and from there on. */
  judge(seed: number, words: number): Judge {
    const content = this.#text(seed, words).trim()
    const prompts = defaultPolicies.map(({ promptGuideline = "" }) =>
      this.#encode(shieldText(content, promptGuideline)),
    )
    const [first = []] = prompts
    const shared = first.findIndex((id, i) => prompts.some((prompt) => prompt[i] !== id))
    return {
      kind: "judge",
      content,
      prefix: first.slice(0, shared),
      suffixes: prompts.map((prompt) => prompt.slice(shared)),
      candidates: ["Yes", "No"].flatMap((word) => this.#encode(word).slice(0, 1)),
    }
  }

  together(seed: number, count: number, length: number, tokens: number): Together {
    const prompts = Array.from({ length: count }, (_, i) => this.#raw(this.#text(seed + i, length - 1)))
    return { kind: "together", prompts, tokens }
  }

  /** The token that is written again and again stands in the prompt, again and again. */
  repeat(seed: number, length: number, tokens: number): Repeat {
    const own = Math.floor((length - 1) / 2)
    const [word = ""] = this.#words
    const prompt = this.#raw(`${this.#text(seed, own)}${` ${word}`.repeat(length - 1 - own)}`)
    return { kind: "repeat", prompt, token: prompt.ids.at(-1) ?? 0, tokens }
  }

  #raw(text: string): Tokens {
    return { text, ids: this.#encode(`<bos>${text}`) }
  }

  #encode(text: string): ReadonlyArray<number> {
    return this.#tokenizer.encode(text, { add_special_tokens: false })
  }

  /** Knuth's numbers (The Art of Computer Programming, vol. 2, 3.3.4, as in MMIX), high bits. */
  #text(seed: number, words: number): string {
    let state = BigInt(seed)
    let text = ""
    for (let i = -4; i < words; i++) {
      state = BigInt.asUintN(64, state * 6_364_136_223_846_793_005n + 1_442_695_040_888_963_407n)
      // The first draws of seeds beside each other are alike.
      if (i >= 0) text += ` ${this.#words[Number(state >> 33n) % this.#words.length]}`
    }
    return text
  }
}

/** What Google's template for prompts spells: the sides must read the same, and the SDK's own text is not public. */
const shieldText = (content: string, guideline: string): string =>
  "<bos>You are a policy expert trying to help determine whether a user prompt is in violation of the defined safety policies.\n\n" +
  `<start_of_turn>\nHuman Question: ${content}\n<end_of_turn>\n\n` +
  `Our safety principle is defined in the below:\n\n* ${guideline}\n\n===\n\n` +
  "Does the human question violate the above principle? Your answer must start with 'Yes' or 'No'. And then walk through step by step to be sure we answer correctly.\n\n"
