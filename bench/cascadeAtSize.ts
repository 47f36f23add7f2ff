/**
 * What a cascade costs a generation of another size: `npx pnpm@12 bench:cascade --model DIR --shield DIR`. The weights may be random:
 * what is flagged means nothing then, and the share of sentences that the guard is asked of is set by a quantile of the probe's
 * own scores.
 */
import { Facet, type GenerateOptions, InvalidRequestError, type Policy } from "@facet/sdk"

export interface AtSize {
  readonly model: string
  readonly shield: string
  /** Tokens that are written. */
  readonly tokens: number
  /** The share of sentences that the guard is asked of, from 0 to 1. */
  readonly escalated: number
  /** Policies that the guard then judges by. */
  readonly policies: ReadonlyArray<string>
  readonly rounds: number
}

const print = (line = "") => void process.stdout.write(`${line}\n`)
const prompt = "Tell me a story about a fox."

/** A probe of random weights: it reads what a trained one does, and costs as much. */
async function randomProbe(facet: Facet): Promise<Policy> {
  const probeOf = (model: string, width: number): Policy => {
    // Any will do, the same ones each time: Knuth's multiplicative hash of each place.
    const weights = Array.from({ length: 2 * width }, (_, i) => (((i * 2_654_435_761) % 2_001) - 1_000) / 1e6)
    return {
      id: "random",
      harm: "none",
      threshold: 0.5,
      probe: {
        of: "text",
        model,
        frame: "chat",
        site: "resid_post",
        layer: 2,
        pooling: ["mean", "max"],
        weights,
        bias: 0,
      },
    }
  }
  // Its own error says what a probe of this model has to name, and how long it has to be.
  const asked = async (probe: Policy) => {
    const error: unknown = await facet.shield("x", { policies: [probe] }).then(
      () => undefined,
      (cause: unknown) => cause,
    )
    return error instanceof InvalidRequestError ? error.problem : undefined
  }
  const model = /is (\S+)$/.exec((await asked(probeOf("?", 1))) ?? "")?.[1] ?? ""
  const width = Number(/stream needs (\d+)/.exec((await asked(probeOf(model, 1))) ?? "")?.[1] ?? NaN) / 2
  return probeOf(model, width)
}

export async function cascadeAtSize({ escalated, model, policies, rounds, shield, tokens }: AtSize): Promise<void> {
  // Random weights answer neither yes nor no.
  await using facet = await Facet.open({ model, shield, checkShield: false, judging: { timeoutMs: 600_000 } })
  const probe = await randomProbe(facet)
  const cascade = (release: number) => ({ probes: [probe], release })
  let turn = 0
  const write = async (options: GenerateOptions) => {
    const startedAt = performance.now()
    const { guard, usage } = await facet.generate(prompt, { maxTokens: tokens, cacheSalt: `${turn++}`, ...options })
    return { milliseconds: performance.now() - startedAt, guard, written: usage.completionTokens }
  }
  const scores: Array<number> = []
  for await (const part of facet.stream({
    prompt,
    maxTokens: tokens,
    guard: { input: false, cascade: cascade(1) },
  })) {
    if (part.type === "verdict") scores.push(part.verdict.policies[0]?.probability ?? 1)
  }
  const ordered = scores.toSorted((a, b) => a - b)
  const asked = Math.round(escalated * ordered.length)
  // Below it all but those that are to be asked for.
  const release = asked === 0 ? 1 : (ordered[ordered.length - asked] ?? 1)
  print(`${model} and ${shield}; ${tokens} tokens, judged ${scores.length} times, ${asked} of them by the guard`)
  const guard = { input: false, timeoutMs: 600_000, policies, mode: "audit" } as const
  const sides: Readonly<Record<string, GenerateOptions>> = {
    unguarded: {},
    "a cascade that asks no guard": { guard: { ...guard, cascade: cascade(1) } },
    [`a cascade that asks it ${asked} times`]: { guard: { ...guard, cascade: cascade(release) } },
  }
  print("| | best, s | of unguarded |")
  print("| --- | --- | --- |")
  let plain: number | undefined
  for (const [name, options] of Object.entries(sides)) {
    const times: Array<number> = []
    let told = ""
    for (let round = 0; round < rounds; round++) {
      const { guard: report, milliseconds } = await write(options)
      times.push(milliseconds)
      if (report?.stages !== undefined) told = ` (probe ${report.stages.probe}, guard ${report.stages.guard})`
    }
    const best = Math.min(...times)
    plain ??= best
    print(`| ${name}${told} | ${(best / 1000).toFixed(2)} | ${(best / plain).toFixed(2)} |`)
  }
}
