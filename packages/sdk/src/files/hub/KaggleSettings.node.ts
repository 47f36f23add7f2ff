/** How Kaggle is reached, by the variables of its own tools. Source: kagglehub's `config.py`. */
import { readFileSync } from "node:fs"
import { homedir } from "node:os"
import { join } from "node:path"
import { isJsonObject } from "../ModelFiles.ts"

type Environment = Readonly<Record<string, string | undefined>>

export const kaggleEndpoint = (env: Environment = process.env): string =>
  (env["KAGGLE_API_ENDPOINT"] || "https://www.kaggle.com").replace(/\/+$/, "")

/** The login as the header's value: `KAGGLE_API_TOKEN`, `KAGGLE_USERNAME` with `KAGGLE_KEY`, or `kaggle.json`. */
export function kaggleLogin(env: Environment = process.env): string | undefined {
  const token = env["KAGGLE_API_TOKEN"]?.trim()
  if (token) return `Bearer ${token}`
  const { KAGGLE_KEY: key, KAGGLE_USERNAME: username } = env
  if (username && key) return basic(username.trim(), key.trim())
  const file = readLogin(join(env["KAGGLE_CONFIG_DIR"] || join(homedir(), ".kaggle"), "kaggle.json"))
  return file === undefined ? undefined : basic(file.username, file.key)
}

const basic = (username: string, key: string): string => `Basic ${Buffer.from(`${username}:${key}`).toString("base64")}`

function readLogin(path: string): { readonly username: string; readonly key: string } | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(path, "utf8"))
    if (!isJsonObject(value)) return undefined
    const { key, username } = value
    return typeof key === "string" && typeof username === "string" ? { key, username } : undefined
  } catch {
    return undefined
  }
}
