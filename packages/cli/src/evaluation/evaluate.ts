/** Lets a guard judge labelled rows, and measures it. */
import type { Judged, Verdict } from "@facet/sdk/words"
import type { Decided } from "./compare.ts"
import type { Journal } from "./Journal.ts"
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

/** A row, and what a guard made of it. */
export interface JudgedRow {
  readonly row: DatasetRow
  readonly verdict: Verdict
  readonly milliseconds: number
}

/**
 * @param rows at least one
 * @param judge what the guard makes of a content
 * @param onRow called after each row with how many are judged
 * @param journal what was judged before a break, and where verdicts are kept as they come
 */
export async function judgeRows(
  rows: ReadonlyArray<DatasetRow>,
  judge: (content: DatasetRow["content"]) => Promise<Verdict>,
  onRow: (done: number) => void,
  journal?: Journal,
): Promise<ReadonlyArray<JudgedRow>> {
  const judged: Array<JudgedRow> = []
  for (const [index, row] of rows.entries()) {
    const known = journal?.entries.get(index)
    if (known !== undefined) {
      judged.push({ row, ...known })
      continue
    }
    const start = performance.now()
    const verdict = await judge(row.content)
    const entry = { verdict, milliseconds: performance.now() - start }
    await journal?.add(index, entry)
    judged.push({ row, ...entry })
    onRow(judged.length)
  }
  return judged
}

/** What a guard is worth that judged these rows. */
export function evaluationOf(judged: ReadonlyArray<JudgedRow>): Evaluation {
  const asked = judged[0]?.verdict.policies ?? []
  const all = decisionsOf(judged)
  const policies = rowsByPolicy(judged)
  return {
    overall: measure(all, Math.min(...asked.map(({ threshold }) => threshold)), all),
    policies: Object.fromEntries(
      asked.map(({ policy, threshold }) => [policy, measure(policies.get(policy) ?? [], threshold)]),
    ),
    latency: latencyOf(judged.map(({ milliseconds }) => milliseconds)),
    rows: all.map(({ label, probability }) => ({ probability, label })),
  }
}

export const evaluate = async (
  rows: ReadonlyArray<DatasetRow>,
  judge: (content: DatasetRow["content"]) => Promise<Verdict>,
  onRow: (done: number) => void,
): Promise<Evaluation> => evaluationOf(await judgeRows(rows, judge, onRow))

/** Of the worst policy, and whether any is flagged. */
export const decisionsOf = (judged: ReadonlyArray<JudgedRow>): ReadonlyArray<Decided> =>
  judged.map(({ row: { label }, verdict }) => ({
    probability: worst(verdict),
    label,
    flagged: verdict.policies.some(({ probability, threshold }) => probability >= threshold),
  }))

/** What is known of each policy that was judged. */
export function rowsByPolicy(judged: ReadonlyArray<JudgedRow>): ReadonlyMap<string, ReadonlyArray<Judged>> {
  const asked = judged[0]?.verdict.policies ?? []
  return new Map(asked.map(({ policy }) => [policy, rowsOf(policy, judged, asked.length === 1)]))
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
