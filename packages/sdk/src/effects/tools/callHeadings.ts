import type { ReadTools } from "./readTools.ts"

/** How calls begin, up to their arguments: spaces stand where models write them, and may be left out. */
export const callHeadings = ({ callable, isParallel }: ReadTools): ReadonlyArray<string> =>
  callable.flatMap(({ name }) =>
    spaces.flatMap((first) =>
      spaces.flatMap((second) => {
        const heading = `{"name":${first}"${name}",${second}"parameters":`
        return isParallel ? [heading, `[${heading}`] : [heading]
      }),
    ),
  )

const spaces = ["", " "]
