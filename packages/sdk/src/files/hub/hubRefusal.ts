import { DownloadError } from "../../words/Errors.ts"

/** A login's page, which makes the tokens. */
const tokensPage = "https://huggingface.co/settings/tokens"

export interface AskedHub {
  /** The Hub, or a mirror. */
  readonly endpoint: string
  /** `owner/name`. */
  readonly repository: string
  /** Default: a model. */
  readonly kind?: "dataset" | undefined
  readonly revision: string
  readonly hasToken: boolean
}

/** Where people look at a repository; its files lie below. */
export const hubPage = ({ endpoint, kind, repository }: AskedHub): string =>
  `${endpoint}/${kind === "dataset" ? "datasets/" : ""}${repository}`

/**
 * What a refusal of the Hub means, and what to do: which page to visit, which variable to set.
 *
 * @param asked which page of the Hub, for a file that is not there.
 * @returns undefined for a status that says nothing more.
 */
export function hubRefusal(hub: AskedHub, asked: string, { headers, status }: Response): DownloadError | undefined {
  const page = hubPage(hub)
  const refuse = (problem: string, remedy: string): DownloadError => new DownloadError({ url: page, problem, remedy })
  const code = headers.get("x-error-code") ?? ""
  if (status === 403 && code === "GatedRepo") return refuse(...gated(page, hub.hasToken))
  if (status === 401 && (code === "GatedRepo" || (code === "" && !hub.hasToken)))
    return refuse(...gated(page, hub.hasToken))
  if (code === "RepoNotFound" || (status === 404 && code === "")) {
    return refuse(
      `there is no such repository${hub.hasToken ? "" : ", or only for those who are logged in"} (status ${status})`,
      hub.hasToken
        ? "Check how it is written, and that this login may see it."
        : `Check how it is written; for a private one set HF_TOKEN to a token of ${tokensPage}.`,
    )
  }
  if (code === "RevisionNotFound") {
    return refuse(
      `there is no revision ${hub.revision} (status ${status})`,
      "Check it on the page: a branch, a tag or a commit.",
    )
  }
  if (status === 401)
    return refuse("the login was refused (status 401)", `Set HF_TOKEN to a valid token of ${tokensPage}, or remove it.`)
  if (status === 403) {
    const isDisabled = code === "DisabledRepo"
    return refuse(
      isDisabled ? "the repository was disabled (status 403)" : "this login may not read it (status 403)",
      isDisabled
        ? "The page says why."
        : `Ask for access on the page, and give the token of HF_TOKEN the right to read it (${tokensPage}).`,
    )
  }
  if (status === 404 || status === 410) {
    return new DownloadError({
      url: asked,
      problem: `there is no such file (status ${status})`,
      remedy: "Check how it is written: the page lists the files.",
    })
  }
  return undefined
}

const gated = (page: string, hasToken: boolean): readonly [problem: string, remedy: string] =>
  hasToken
    ? [
        "its licence has not been accepted with this login, or the token may not read gated models",
        `Visit ${page}, accept the licence, and give the token of HF_TOKEN the right to read gated repositories (${tokensPage}).`,
      ]
    : [
        "its licence has to be accepted first, and nobody is logged in",
        `Visit ${page}, accept the licence, and set HF_TOKEN to a token of ${tokensPage} (or run \`hf auth login\`).`,
      ]
