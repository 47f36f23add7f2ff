/** The SDK's ONNX writer. It is no part of what the SDK publishes, and a second one would be a copy. */
// oxlint-disable-next-line no-restricted-imports
export { ElementType, GraphBuilder, type Value } from "../../packages/sdk/src/graph/Onnx.ts"
