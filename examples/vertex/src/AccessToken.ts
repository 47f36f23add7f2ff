/** A token of Google's for the account that the program runs as, asked for anew before it ends. */
import { execFile } from "node:child_process"
import { promisify } from "node:util"

export interface Token {
  readonly value: string
  /** Milliseconds since 1970. */
  readonly endsAt: number
}

/** Renewed so long before its end: clocks differ, and a request takes a while. */
const earlyMs = 5 * 60_000

export class AccessToken {
  readonly #fetch: () => Promise<Token>
  readonly #now: () => number
  #token: Promise<Token> | undefined

  constructor(fetchToken: () => Promise<Token> = tokenHere, now: () => number = Date.now) {
    this.#fetch = fetchToken
    this.#now = now
  }

  /** What goes into `auth` of a remote model: one token for all requests, until it has to be another. */
  get = async (): Promise<string> => {
    const known = await this.#token
    if (known !== undefined && known.endsAt - earlyMs > this.#now()) return known.value
    const fetched = this.#fetch()
    this.#token = fetched
    // One that could not be had is asked for again.
    fetched.catch(() => (this.#token = undefined))
    return (await fetched).value
  }
}

/** On Google Cloud the machine's own account; elsewhere that of whoever is logged in to `gcloud`. */
const tokenHere = (): Promise<Token> =>
  (process.env["K_SERVICE"] ?? process.env["KUBERNETES_SERVICE_HOST"]) ? fromMachine() : fromGcloud()

async function fromMachine(): Promise<Token> {
  const url = "http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default/token"
  const answer = await fetch(url, { headers: { "Metadata-Flavor": "Google" } })
  if (!answer.ok) throw new Error(`The machine has no account to ask as: its metadata server said ${answer.status}.`)
  const { access_token: value, expires_in: seconds } = (await answer.json()) as {
    readonly access_token: string
    readonly expires_in: number
  }
  return { value, endsAt: Date.now() + seconds * 1000 }
}

async function fromGcloud(): Promise<Token> {
  const { stdout } = await promisify(execFile)("gcloud", ["auth", "print-access-token"])
  // It does not say when it ends: an hour after it was made, and it may not be new.
  return { value: stdout.trim(), endsAt: Date.now() + 15 * 60_000 }
}
