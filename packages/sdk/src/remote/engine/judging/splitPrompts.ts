/** Prompts that begin alike, as servers take them that judge several at once: what they share, and how each goes on. */
export interface SplitPrompts {
  readonly query: ReadonlyArray<number>
  /** At least one token each. */
  readonly items: ReadonlyArray<ReadonlyArray<number>>
}

export function splitPrompts(prompts: ReadonlyArray<ReadonlyArray<number>>): SplitPrompts {
  const [first = []] = prompts
  let shared = Math.min(...prompts.map(({ length }) => length)) - 1
  for (const prompt of prompts) {
    for (let i = 0; i < shared; i++) if (prompt[i] !== first[i]) shared = i
  }
  return { query: first.slice(0, shared), items: prompts.map((prompt) => prompt.slice(shared)) }
}
