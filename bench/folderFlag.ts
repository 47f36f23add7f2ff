import { tmpdir } from "node:os"
import { join } from "node:path"

/** Where models of random weights are made, and kept for the next time. */
export const folderFlag = {
  type: "string",
  default: join(tmpdir(), "facet-bench"),
  value: "DIR",
  about: "where models are made and kept",
} as const
