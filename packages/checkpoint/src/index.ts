/** Checkpoints in, Facet model folders out. */
export { quantiseFolder, type QuantiseOptions, type QuantiseProgress } from "./quantiseFolder.ts"
