/** How the Hub is reached, by the variables of Hugging Face's own tools. Source: huggingface_hub's `constants.py`. */
import { readFileSync } from "node:fs"
import { homedir } from "node:os"
import { join, resolve } from "node:path"

type Environment = Readonly<Record<string, string | undefined>>

const isTrue = (value: string | undefined): boolean => /^(?:1|on|yes|true)$/i.test(value ?? "")

/** Whether the network is not to be used: `HF_HUB_OFFLINE`, or `TRANSFORMERS_OFFLINE`. */
export const isOffline = (env: Environment = process.env): boolean =>
  isTrue(env["HF_HUB_OFFLINE"] || env["TRANSFORMERS_OFFLINE"])

/** The Hub's own address, or that of a mirror, in `HF_ENDPOINT`; without a slash at its end. */
export const hubEndpoint = (env: Environment = process.env): string =>
  (env["HF_ENDPOINT"] || "https://huggingface.co").replace(/\/+$/, "")

/** Where Hugging Face's tools keep a login and, below `hub`, their downloads. */
export function hubHome(env: Environment = process.env): string {
  const { HF_HOME, XDG_CACHE_HOME } = env
  return HF_HOME ? resolve(HF_HOME) : join(XDG_CACHE_HOME || join(homedir(), ".cache"), "huggingface")
}

/** Where they keep downloads. */
export function hubCache(env: Environment = process.env): string {
  const named = env["HF_HUB_CACHE"] || env["HUGGINGFACE_HUB_CACHE"]
  return named ? resolve(named) : join(hubHome(env), "hub")
}

/** The login: `HF_TOKEN`, or what `hf auth login` has saved. */
export function hubToken(env: Environment = process.env): string | undefined {
  const named = clean(env["HF_TOKEN"] || env["HUGGING_FACE_HUB_TOKEN"])
  if (named !== undefined) return named
  if (isTrue(env["HF_HUB_DISABLE_IMPLICIT_TOKEN"])) return undefined
  try {
    return clean(readFileSync(env["HF_TOKEN_PATH"] || join(hubHome(env), "token"), "utf8"))
  } catch {
    return undefined
  }
}

/** Secrets are pasted with line ends. One with other control characters would be an error that shows it. */
const clean = (token: string | undefined): string | undefined => {
  const trimmed = token?.trim() ?? ""
  return /^[\x21-\x7e]+$/.test(trimmed) ? trimmed : undefined
}
