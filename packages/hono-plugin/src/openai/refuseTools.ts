import type { RequestFields } from "./RequestFields.ts"

export function refuseTools(fields: RequestFields): void {
  const noTools = "this route calls no tools. Use /v1/chat/completions."
  fields.refuse("tools", noTools)
  fields.refuse("functions", noTools)
  // Without tools to call, these ask for nothing.
  for (const name of ["tool_choice", "function_call"]) {
    fields.refuse(name, noTools, (value) => value === "none" || value === "auto")
  }
  fields.value("parallel_tool_calls")
}
