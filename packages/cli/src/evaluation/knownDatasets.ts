/** Datasets that have names: where they are published, and how their rows read. */
import type { DatasetSource } from "@facet/sdk/models"
import { invalidRequest } from "@facet/sdk/words"
import type { LayoutName } from "./layouts.ts"

export interface KnownDataset {
  readonly source: DatasetSource
  readonly layout: LayoutName
  /** What it is, for people. */
  readonly about: string
}

const on = (repository: string, file: string): DatasetSource => ({ kind: "dataset", repository, file })

/** Published sets, as their authors or a mirror have them on the Hugging Face Hub. Their licences are told when they are pulled. */
export const knownDatasets: Readonly<Record<string, KnownDataset>> = {
  "openai-moderation": {
    source: on("mmathys/openai-moderation-api-evaluation", "samples-1680.jsonl.gz"),
    layout: "moderation",
    about: "OpenAI's moderation set: 1,680 texts, eight categories",
  },
  toxicchat: {
    source: on("lmsys/toxic-chat", "data/0124/toxic-chat_annotation_test.csv"),
    layout: "toxicChat",
    about: "ToxicChat, test: 5,083 prompts of users (for research: CC BY-NC 4.0)",
  },
  xstest: {
    source: on("Paul/XSTest", "xstest_prompts.csv"),
    layout: "xsTest",
    about: "XSTest: 250 safe prompts that sound unsafe, and 200 unsafe ones",
  },
  harmbench: {
    source: on("walledai/HarmBench", "standard/train-00000-of-00001.parquet"),
    layout: "harmBench",
    about: "HarmBench: harmful behaviours alone, so that there is a recall and nothing else",
  },
  beavertails: {
    source: on("PKU-Alignment/BeaverTails", "round0/30k/test.jsonl.gz"),
    layout: "beaverTails",
    about: "BeaverTails, test of 30k: questions with answers (CC BY-NC 4.0)",
  },
}

/** Behind `dataset:`, a name or a file of a repository. */
export const datasetPrefix = "dataset:"

/**
 * @param text a known name, or `OWNER/NAME/FILE`, perhaps with `@REVISION` at the end
 * @throws InvalidRequestError that lists the names
 */
export function datasetSourceOf(text: string): DatasetSource {
  const [name = "", version] = text.split("@")
  const known = Object.hasOwn(knownDatasets, name) ? knownDatasets[name] : undefined
  if (known !== undefined) return { ...known.source, revision: version }
  const [, repository, file, revision] = /^([\w-][\w.-]*\/[\w-][\w.-]*)\/([^@\\]+?)(?:@(\w[\w./-]*))?$/.exec(text) ?? []
  const isPlain = file?.split("/").every((part) => part !== "" && part !== "." && part !== "..") === true
  if (repository === undefined || file === undefined || !isPlain) {
    const names = Object.keys(knownDatasets).join(", ")
    throw invalidRequest("dataset", `"${text}" is no dataset`, `Use one of ${names}, or OWNER/NAME/FILE of the Hub.`)
  }
  return { kind: "dataset", repository, file, revision }
}
