import { createInterface } from "node:readline/promises"
import type { Console } from "./Console.ts"

/** Whether somebody sits there who can be asked. */
export const isInteractive = ({ err }: Console): boolean => err.isTerminal && process.stdin.isTTY

/** Asks a question whose answer is yes or no. Nothing that is entered means no; rejects when aborted. */
export async function confirm({ signal }: Console, question: string): Promise<boolean> {
  const lines = createInterface({ input: process.stdin, output: process.stderr })
  try {
    const answer = await lines.question(`${question} [y/N] `, { signal })
    return /^\s*y(?:es)?\s*$/i.test(answer)
  } finally {
    lines.close()
  }
}
