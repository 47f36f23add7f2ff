/** A graphics card that is a program on the CPU: the Chromium from npm brings one, for tests on Node. */
import { join } from "node:path"
import { unpackedFromNpm } from "./browser/chromium.ts"

/**
 * What a process has to be started with, so that Vulkan finds SwiftShader.
 *
 * @throws Error that says why it is not to be had here.
 */
export async function softwareVulkan(): Promise<Readonly<Record<string, string>>> {
  const folder = await unpackedFromNpm()
  return { LD_LIBRARY_PATH: folder, VK_ICD_FILENAMES: join(folder, "vk_swiftshader_icd.json") }
}
