/** Formats that people have Gemmas in and that Facet does not read, and the shortest way from each of them. */
import { InvalidRequestError } from "@facet/sdk/words"

interface Foreign {
  readonly what: string
  readonly remedy: string
}

const orbax: Foreign = {
  what: "a checkpoint of JAX's, as orbax saves it",
  remedy: "docs/formats.md has the Python program that makes a folder of safetensors of it.",
}

const byStart: ReadonlyArray<readonly [isOne: (start: string) => boolean, Foreign]> = [
  [
    (start) => start.slice(257, 262) === "ustar",
    {
      what: "an archive (tar), as NeMo saves a model",
      remedy:
        "Convert the Hugging Face folder that NeMo exports, or that it was made from; docs/formats.md has the call.",
    },
  ],
  [
    (start) => start.startsWith("PK\u0003\u0004"),
    {
      what: "an archive (zip): a .keras of a whole model, a MediaPipe .task or a .pt",
      remedy: "Take the model's safetensors, or the folder that keras-hub's save_to_preset() writes.",
    },
  ],
  [
    (start) => start.slice(4, 8) === "TFL3" || start.startsWith("LITERTLM"),
    {
      what: "a model for LiteRT, packed for the devices that it was made for",
      remedy: "Take the safetensors that it was made from: what its packing left out does not come back.",
    },
  ],
]

/** @returns the error for a file that is known and not read. */
export function foreignFile(path: string, start: string): InvalidRequestError | undefined {
  const found = byStart.find(([isOne]) => isOne(start))?.[1]
  return found && refuse(path, found)
}

/** What only an orbax checkpoint has (orbax-checkpoint, `checkpoint/_src/metadata`; tensorstore's OCDBT). */
const orbaxFiles = ["manifest.ocdbt", "_CHECKPOINT_METADATA", "_METADATA"]

/** @returns the error for a folder that is known and not read. */
export const foreignFolder = (path: string, names: ReadonlyArray<string>): InvalidRequestError | undefined =>
  names.some((name) => orbaxFiles.includes(name)) ? refuse(path, orbax) : undefined

const refuse = (path: string, { remedy, what }: Foreign): InvalidRequestError =>
  new InvalidRequestError({ option: "source", problem: `${path} is ${what}`, remedy })
