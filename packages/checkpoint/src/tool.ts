import manifest from "../package.json" with { type: "json" }

/** Name and version of what wrote a folder, for its manifest. */
export const tool = `${manifest.name} ${manifest.version}`
