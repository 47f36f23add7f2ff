/** Where the embedded models lie. */
import { fileURLToPath } from "node:url"

const folder = (name: string) => fileURLToPath(new URL(`../models/${name}`, import.meta.url))

/** The language model: a plain Hugging Face folder of a `Gemma2ForCausalLM`. */
export const gemmaFolder = folder("tiny-gemma-it")

/** The guard, in ShieldGemma's prompt format: the same kind of folder. */
export const shieldFolder = folder("tiny-shield")

/** The language model's sparse autoencoders, in Gemma Scope's layout. */
export const scopeFolder = folder("tiny-scope")
