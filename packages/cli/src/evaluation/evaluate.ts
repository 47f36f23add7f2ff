/** Lets a guard judge labelled rows, and measures it. */
import type { Judged, Verdict } from "@facet/sdk/words"
import { measure, type Measures } from "./Measures.ts"
import type { DatasetRow } from "./readDataset.ts"

/** What `facet eval --json` prints. */
export interface Evaluation {
  /** Of the worst policy's probability against whether a row should be flagged. */
  readonly overall: Measures
  readonly policies: Readonly<Record<string, Measures>>
  /** Milliseconds that a row took, with all its policies. */
  readonly latency: { readonly medianMs: number; readonly p95Ms: number; readonly totalMs: number }
  /** In the dataset's order. */
  readonly rows: ReadonlyArray<Judged>
}

interface JudgedRow {
  readonly row: DatasetRow
  readonly verdict: Verdict
  readonly milliseconds: number
}

/**
 * @param rows at least one
 * @param judge what the guard makes of a content
 * @param onRow called after each row with how many are judged
 */
export async function evaluate(
  rows: ReadonlyArray<DatasetRow>,
  judge: (content: DatasetRow["content"]) => Promise<Verdict>,
  onRow: (done: number) => void,
): Promise<Evaluation> {
  const judged: Array<JudgedRow> = []
  for (const row of rows) {
    const start = performance.now()
    const verdict = await judge(row.content)
    judged.push({ row, verdict, milliseconds: performance.now() - start })
    onRow(judged.length)
  }
  const asked = judged[0]?.verdict.policies ?? []
  const all = judged.map(({ row: { label }, verdict }) => ({ probability: worst(verdict), label }))
  return {
    overall: measure(all, Math.min(...asked.map(({ threshold }) => threshold))),
    policies: Object.fromEntries(
      asked.map(({ policy, threshold }) => [policy, measure(rowsOf(policy, judged, asked.length === 1), threshold)]),
    ),
    latency: latencyOf(judged.map(({ milliseconds }) => milliseconds)),
    rows: all,
  }
}

/** ShieldGemma's paper takes the highest of all policies. */
const worst = ({ policies }: Verdict): number => Math.max(...policies.map(({ probability }) => probability))

/** The rows whose label tells of the policy. A plain 0 or 1 does where no other policy was judged. */
const rowsOf = (policy: string, judged: ReadonlyArray<JudgedRow>, isAlone: boolean): ReadonlyArray<Judged> =>
  judged.flatMap(({ row: { byPolicy, label: any }, verdict }) => {
    const label = byPolicy.get(policy) ?? (isAlone && byPolicy.size === 0 ? any : undefined)
    const said = verdict.policies.find((entry) => entry.policy === policy)
    return label === undefined || said === undefined ? [] : [{ probability: said.probability, label }]
  })

function latencyOf(milliseconds: ReadonlyArray<number>): Evaluation["latency"] {
  const ordered = milliseconds.toSorted((a, b) => a - b)
  const at = (share: number): number => ordered[Math.round(share * (ordered.length - 1))] ?? 0
  return { medianMs: at(0.5), p95Ms: at(0.95), totalMs: ordered.reduce((sum, time) => sum + time, 0) }
}
