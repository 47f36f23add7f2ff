import { ModelNotFoundError } from "../../words/Errors.ts"
import { readHubId } from "../readHubId.ts"

/** A repository of the Hugging Face Hub, or one file of it. */
export interface HubSource {
  readonly kind: "hub"
  /** `owner/name`. */
  readonly repository: string
  /** A branch, a tag or a commit. */
  readonly revision: string | undefined
  /** The one file of it that is wanted, such as a `.gguf`, relative to its root. */
  readonly file: string | undefined
}

const refuse = (model: string, problem: string, remedy: string): ModelNotFoundError =>
  new ModelNotFoundError({ model, problem, remedy })

/**
 * Reads what stands behind `hf:`: `owner/name`, a file in it, and `@revision` at the end of either.
 *
 * @param text the whole, for messages.
 * @throws ModelNotFoundError that says what is wrong with it.
 */
export function readHubSource(text: string, rest: string): HubSource {
  const [path = "", ...more] = rest.split("@")
  const revision = more.length === 0 ? undefined : more.join("@")
  const [owner = "", name = "", ...inside] = path.split("/")
  const id = readHubId(revision === undefined ? `${owner}/${name}` : `${owner}/${name}@${revision}`)
  if (id === undefined) {
    throw refuse(
      text,
      "no repository of the Hub is called so",
      "Write hf:OWNER/NAME, with /FILE.gguf or @REVISION behind.",
    )
  }
  const file = inside.length === 0 ? undefined : inside.join("/")
  if (file !== undefined) checkGguf(text, file, inside)
  return { kind: "hub", ...id, file }
}

function checkGguf(text: string, file: string, segments: ReadonlyArray<string>): void {
  if (file.toLowerCase().endsWith(".gguf") && segments.every(isPlainName)) return
  throw refuse(text, `${file} is no .gguf`, "Name a .gguf file of the repository, or the repository alone.")
}

/** No way out of the folder that it is stored in. */
const isPlainName = (segment: string): boolean =>
  segment !== "" && segment !== "." && segment !== ".." && !/[\\:]|\p{Cc}/u.test(segment)
