/** What `facet eval` does with labelled rows. */
import { access, readFile } from "node:fs/promises"
import { basename } from "node:path"
import { type CascadePlan, invalidRequest, readCascade, type Thresholds } from "@facet/sdk/words"
import { bar } from "../bar.ts"
import { checkWritable } from "../checkWritable.ts"
import type { ExitCode } from "../Command.ts"
import type { evaluationOptions } from "../commands/evaluation.ts"
import type { Console } from "../Console.ts"
import { readPolicies } from "../PolicyFileFlags.ts"
import { readDevice } from "../DeviceFlags.ts"
import { clearLine, duration } from "../Opening.ts"
import type { Values } from "../Options.ts"
import { readThresholdsFile } from "../readThresholdsFile.ts"
import { checkFlags } from "./checkFlags.ts"
import { cascadeLines, cascadeOf } from "./cascadeOf.ts"
import { chooseThresholds } from "./chooseThresholds.ts"
import { compare, type Comparison } from "./compare.ts"
import { comparisonLines } from "./comparisonLines.ts"
import { decisionsOf, type Evaluation, evaluationOf, type JudgedRow, judgeRows, rowsByPolicy } from "./evaluate.ts"
import { evaluationReport } from "./evaluationReport.ts"
import { evaluationTable } from "./evaluationTable.ts"
import { Journal } from "./Journal.ts"
import { type KnownDataset, knownDatasets } from "./knownDatasets.ts"
import { type GuardWish, type OpenGuard, openGuard } from "./openGuard.ts"
import { checkPaper, paperLine, type PaperModel, paperModels, paperPolicies } from "./PaperRows.ts"
import type { LabelledPolicies } from "./layouts.ts"
import { type DatasetRow, readDataset } from "./readDataset.ts"
import { writeWhole } from "../writeWhole.ts"

type Given = Values<typeof evaluationOptions>

export async function runEvaluation(console: Console, dataset: string, given: Given): Promise<ExitCode> {
  checkFlags(given)
  const written = { "--html": given.html, "--thresholds-out": given.thresholdsOut, "--resume": given.resume }
  for (const [option, file] of Object.entries(written)) if (file !== undefined) await checkWritable(option, file)
  const thresholds = await readThresholdsFile(given.thresholds)
  // What is wrong with the rows is told before a model is fetched for them.
  const own = await readPolicies({ file: given.policyFile, ids: given.policies })
  const { paperSize, rows } = await readRows(dataset, given, given.judge === undefined ? idsOf(own) : "any")
  const cascade = await readCascadeFlags(given)
  const wish = wishOf(given, thresholds, paperSize === undefined ? own : paperPolicies(dataset))
  const { guard, judged, probed } = await judgeAll(console, { ...wish, probes: cascade?.probes }, rows, given.resume)
  const evaluation = evaluationOf(judged)
  const staged = cascade && probed && cascadeOf(judged, probed, cascade)
  const second = await compared(console, given, wish, rows)
  const comparison = second && { with: second.guard, ...compare(decisionsOf(judged), decisionsOf(second.judged)) }
  const chosen =
    given.thresholdsOut === undefined
      ? undefined
      : chooseThresholds(rowsByPolicy(judged), decisionsOf(judged), given, { guard, dataset: basename(dataset) })
  const paper = paperSize && checkPaper(dataset, paperSize, evaluation)
  const more = [
    ...(staged ? cascadeLines(staged) : []),
    ...(comparison ? comparisonLines(guard, comparison) : []),
    ...(paper ? [paperLine(paper)] : []),
  ]
  if (given.html !== undefined) await writeWhole(given.html, evaluationReport(basename(dataset), evaluation, more))
  if (chosen !== undefined && given.thresholdsOut !== undefined) {
    await writeWhole(given.thresholdsOut, `${JSON.stringify(chosen.file, undefined, 2)}\n`)
  }
  const untold = (chosen?.untold ?? []).map(
    (id) => `${id}: no threshold was chosen, as no rows of both labels tell of it`,
  )
  await print(console, given, {
    document: {
      ...evaluation,
      ...(staged && { cascade: staged }),
      ...(comparison && { comparison }),
      ...(paper && { paper }),
    },
    lines: [
      ...evaluationTable(evaluation),
      ...more,
      ...untold,
      ...(given.judge === undefined ? [] : unjudgedLines(rows, evaluation)),
    ],
  })
  if (paper?.agrees === false) throw differs(paperLine(paper))
  return 0
}

/** A judge's own names are known once it has judged: a label that is misspelt is told then. */
const unjudgedLines = (rows: ReadonlyArray<DatasetRow>, { policies }: Evaluation): ReadonlyArray<string> =>
  [...new Set(rows.flatMap(({ byPolicy }) => [...byPolicy.keys()]))]
    .filter((id) => !Object.hasOwn(policies, id))
    .map((id) => `${id}: labels name it, and it was not judged; they count in overall alone`)

interface Printed {
  readonly document: object & { readonly comparison?: Comparison }
  readonly lines: ReadonlyArray<string>
}

async function print(console: Console, { json }: Given, { document, lines }: Printed): Promise<void> {
  if (json === true) await console.out.writeLine(JSON.stringify(document))
  else for (const line of lines) await console.out.writeLine(line)
}

const differs = (line: string) =>
  invalidRequest("paper", line, "See which weights, which dtype and which rows these were.")

/** A file, or a known dataset that was pulled. */
async function readRows(
  dataset: string,
  { keepRepeats, limit, paper }: Given,
  judged: LabelledPolicies,
): Promise<{ readonly rows: ReadonlyArray<DatasetRow>; readonly paperSize: PaperModel | undefined }> {
  const isFile = await access(dataset).then(
    () => true,
    () => false,
  )
  const known = !isFile && Object.hasOwn(knownDatasets, dataset) ? knownDatasets[dataset] : undefined
  const paperSize = paperModels.find((size) => size === paper)
  if (paperSize !== undefined && known === undefined) {
    throw invalidRequest("paper", `${dataset} is no dataset of the paper`, "Use openai-moderation or toxicchat.")
  }
  const rows =
    known === undefined
      ? await readDataset(dataset, { limit, judged, keepsRepeats: keepRepeats })
      : await readDataset(await pulledFile(dataset, known), { limit, layout: known.layout, keepsRepeats: true })
  return { rows, paperSize }
}

async function pulledFile(name: string, { source }: KnownDataset): Promise<string> {
  const { locateDataset } = await import("@facet/sdk/models")
  const file = await locateDataset(source)
  if (file !== undefined) return file
  throw invalidRequest("dataset", `${name} is not on this machine`, `Fetch it first: facet pull dataset:${name}.`)
}

const idsOf = (policies: GuardWish["policies"]): ReadonlyArray<string> =>
  policies?.map((policy) => (typeof policy === "string" ? policy : policy.id)) ?? []

function wishOf(given: Given, thresholds: Thresholds | undefined, policies: GuardWish["policies"]): GuardWish {
  const { device, judge, model, prefill, shield, threads } = given
  return {
    model: shield ?? model,
    judge,
    policies,
    thresholds,
    device: readDevice({ device, prefill, threads }),
  }
}

/** Usual where nobody says otherwise: see `bench:cascade`. */
const usualRelease = 0.1

async function readCascadeFlags({
  block,
  cascade: file,
  release = usualRelease,
}: Given): Promise<CascadePlan | undefined> {
  if (file === undefined) return undefined
  return readCascade("cascade", { probes: await readPolicies({ file, flag: "cascade" }), release, block })
}

interface Judging {
  readonly guard: string
  readonly judged: ReadonlyArray<JudgedRow>
  /** By the probes of a cascade, where there is one. */
  readonly probed?: ReadonlyArray<JudgedRow> | undefined
}

async function judgeAll(
  console: Console,
  wish: GuardWish,
  rows: ReadonlyArray<DatasetRow>,
  resume?: string,
): Promise<Judging> {
  await using guard = await openGuard(console, wish)
  const subject = { guard: guard.name, policies: idsOf(wish.policies), settings: await settingsOf(wish) }
  const journal = resume === undefined ? undefined : await Journal.open(resume, rows, subject)
  const judged = await showingRows(console, rows, guard.judge, journal)
  const probed = guard.probe && (await showingRows(console, rows, guard.probe))
  return { guard: guard.name, judged, probed }
}

/** What a judge's module imports is not looked at. */
async function settingsOf({ judge, policies, thresholds }: GuardWish): Promise<string> {
  const code = judge === undefined ? undefined : await readFile(judge, "utf8")
  return JSON.stringify([policies, thresholds?.thresholds, code])
}

/** On the same rows, by the same policies; thresholds of a file are the first guard's. Its verdicts have a file of their own. */
async function compared(
  console: Console,
  { compare, compareJudge, resume }: Given,
  wish: GuardWish,
  rows: ReadonlyArray<DatasetRow>,
): Promise<Judging | undefined> {
  if (compare === undefined && compareJudge === undefined) return undefined
  const second = { ...wish, model: compare ?? wish.model, judge: compareJudge, thresholds: undefined }
  return judgeAll(console, second, rows, resume === undefined ? undefined : `${resume}.compared`)
}

const barWidth = 20

/** Evaluates while telling how many rows are judged, to whoever watches. */
async function showingRows(
  { err, verbose }: Console,
  rows: ReadonlyArray<DatasetRow>,
  judge: OpenGuard["judge"],
  journal?: Journal,
): Promise<ReadonlyArray<JudgedRow>> {
  const isTransient = err.isTerminal && !verbose
  const start = performance.now()
  const known = journal?.entries.size ?? 0
  const onRow = (done: number): void => {
    const secondsLeft = ((performance.now() - start) / 1000 / Math.max(1, done - known)) * (rows.length - done)
    const line = `${bar(done / rows.length, barWidth).padEnd(barWidth)} ${done} of ${rows.length} rows, ${duration(secondsLeft)} left`
    if (isTransient) void err.write(`${clearLine}${err.paint.dim(line)}`)
    else if (verbose) void err.writeLine(line)
  }
  try {
    return await judgeRows(rows, judge, onRow, journal)
  } finally {
    if (isTransient) await err.write(clearLine)
  }
}
