/** Checkpoints in, Facet model folders out: what of it needs no file system of the system's own. */
export type { ConversionTarget, TargetFile } from "./ConversionTarget.ts"
export type { ConvertProgress } from "./ConversionMeter.ts"
export type { Conversion, ConversionOptions, Origin } from "./convertCheckpoint.ts"
export { convertFiles, type FilesSource } from "./convertFiles.ts"
export { type FileSum, type Manifest, manifestFile } from "./Manifest.ts"
export { type Block, blocks, type Dtype, dtypes, type PackingOptions, usual } from "./Packing.ts"
