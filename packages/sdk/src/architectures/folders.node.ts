/** `@facet/sdk/folders`, with the folders of a disk. */
export * from "./folders.ts"
export { filesIn, openFolder } from "../files/disk/openFolder.node.ts"
export { makeFolder } from "../files/disk/makeFolder.node.ts"
