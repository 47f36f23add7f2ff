import type { GemmaConfig } from "../model/Config.ts"

/** What a runtime multiplies weights as that takes them as their files hold them. */
export const storedPrecision = ({ quantization }: GemmaConfig) =>
  quantization === null ? "f32" : quantization.bits === 4 ? "int4" : "int8"
