import type { LanguageModelV4CallOptions, LanguageModelV4FunctionTool, SharedV4Warning } from "@ai-sdk/provider"
import { type GenerateOptions, isRecord, type Tool } from "@facet/sdk/words"

type Call = Pick<LanguageModelV4CallOptions, "toolChoice" | "tools">

/** The tools of a call as Facet's. Arguments fit a tool's schema, whether or not it is `strict`. */
export function toTools(
  { toolChoice, tools: given = [] }: Call,
  warnings: Array<SharedV4Warning>,
): Pick<GenerateOptions, "tools" | "toolChoice"> {
  const tools = given.flatMap((tool) => {
    if (tool.type === "function") return [toTool(tool)]
    const details = "The model calls functions of the app alone, and is not told of it."
    warnings.push({ type: "unsupported", feature: `provider tool ${tool.id}`, details })
    return []
  })
  const isAsked = toolChoice?.type === "required" || toolChoice?.type === "tool"
  if (tools.length === 0 && !isAsked) return {}
  return { tools, toolChoice: toolChoice?.type === "tool" ? { name: toolChoice.toolName } : toolChoice?.type }
}

const toTool = ({ description, inputSchema, name }: LanguageModelV4FunctionTool): Tool => ({
  name,
  description,
  // Its own type has no index signature.
  parameters: isRecord(inputSchema) ? inputSchema : undefined,
})
