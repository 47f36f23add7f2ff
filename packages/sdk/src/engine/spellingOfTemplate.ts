import type { ShieldSpelling } from "../words/ShieldSpelling.ts"

/** What each spelling's template holds and none above it in the list does; lines as the model reads them. */
const marks: ReadonlyArray<readonly [spelling: ShieldSpelling, mark: string]> = [
  ["A", "an AI response to a prompt"],
  ["B", "help determine\nwhether"],
  ["C", "prompt is in\nviolation"],
  ["E", "whether a user\nprompt"],
  ["D", "an AI response to prompt"],
]

/** The spelling that a guard's own chat template has; undefined where the folder's template is another model's. */
export function spellingOfTemplate(template: string): ShieldSpelling | undefined {
  const text = template.replaceAll("\\n", "\n")
  if (!text.includes("You are a policy expert")) return undefined
  return marks.find(([, mark]) => text.includes(mark))?.[0]
}
