/** `facet generate`: what the model says. */
import {
  type ChatMessage,
  errorToPlain,
  type FinishPart,
  type FinishReason,
  type GenerateOptions,
  type Generation,
  type GenerationPart,
  holdsBack,
  isFacetError,
  type TracePart,
  type Verdict,
} from "@facet/sdk/words"
import { defineCommand, type ExitCode } from "../Command.ts"
import type { Console } from "../Console.ts"
import { deviceOptions, readDevice } from "../DeviceFlags.ts"
import { formOptions, readForm, withFile } from "../FormFlags.ts"
import { interventionOptions, readInterventions, scopeFor, scopeOption } from "../InterventionFlags.ts"
import { openFacet } from "../Opening.ts"
import { jsonOption, modelOption } from "../Options.ts"
import { policyFileOption, readPolicies } from "../PolicyFileFlags.ts"
import { idleFlags, readSampling, samplingOptions } from "../SamplingFlags.ts"
import { readServer, readShieldServer, serverOptions, shieldServerOptions } from "../ServerFlags.ts"
import { visible } from "../textWidth.ts"
import { traceLines } from "../traceLines.ts"
import { UsageError } from "../UsageError.ts"
import { warnOfIdle } from "../warnOfIdle.ts"
import { worstOf } from "../verdictTable.ts"

const options = {
  system: { kind: "text", value: "TEXT", about: "what the model is told before the prompt" },
  maxTokens: { kind: "number", value: "N", about: "at most so many tokens (default: as many as the context holds)" },
  ...samplingOptions,
  stop: { kind: "list", value: "S", about: "end before this text; may be given several times" },
  ...formOptions,
  guard: { kind: "switch", about: "judge the prompt first, and release each sentence only once it was judged" },
  ...policyFileOption,
  trace: { kind: "switch", about: "also show which features were active at each token of the answer" },
  ...interventionOptions,
  ...scopeOption,
  ...modelOption,
  ...serverOptions,
  shield: {
    kind: "text",
    value: "M",
    about: "the model that judges, with --guard (default: the one that belongs to --model)",
  },
  ...shieldServerOptions,
  ...deviceOptions,
  ...jsonOption,
  streamJson: { kind: "switch", about: "print one JSON document a line, as it comes: text, verdict, trace, finish" },
} as const

export const generate = defineCommand(
  {
    name: "generate",
    operand: "PROMPT",
    summary: "let Gemma 2 answer, token by token",
    options,
    examples: [
      [`generate "Tell me a story about a fox."`, "write to the terminal as the words come"],
      [`generate "Tell me a joke." --temperature 0.8 --seed 7`, "another text for every seed"],
      [`generate "What is a good breakfast?" --guard --json`, "one JSON document, judged by ShieldGemma"],
      [`generate "Tell me a story." --system "You write for children." --trace`, "told before, and looked into"],
      [`generate "Tell me a story." --steer resid_post.4.184=60`, "with a feature of Gemma Scope turned up"],
      [`generate "Tell me a story." --stream-json`, "JSON lines as the words come"],
      [`generate "Name a red animal." --choice fox --choice robin`, "one of these texts"],
      [
        `generate "Tell me about Ada." --schema person.json --json`,
        "JSON that fits a schema, and its value as `object`",
      ],
      [`generate - --max-tokens 50 < question.txt`, "the prompt from a file"],
    ],
  },
  async (
    console,
    text,
    {
      ablate,
      choice,
      clamp,
      device,
      grammar,
      guard,
      json,
      kind,
      maxTokens,
      model,
      policyFile,
      regex,
      remoteModel,
      schema,
      scope,
      shield,
      shieldKind,
      shieldRemoteModel,
      shieldUrl,
      steer,
      stop,
      streamJson,
      system,
      prefill,
      threads,
      trace,
      url,
      ...sampling
    },
  ) => {
    if (json === true && streamJson === true) {
      throw new UsageError("--json is one document and --stream-json one a line: choose one of them.")
    }
    if (policyFile !== undefined && guard !== true) {
      throw new UsageError("--policy-file says what --guard judges by. Add --guard.")
    }
    const policies = await readPolicies({ file: policyFile })
    if (shield !== undefined && shieldUrl !== undefined) {
      throw new UsageError("--shield judges here and --shield-url on a server: choose one of them.")
    }
    const server = readServer({ kind, remoteModel, url }, model)
    const shieldServer = readShieldServer({ shieldKind, shieldRemoteModel, shieldUrl })
    const interventions = readInterventions({ ablate, clamp, steer })
    const forms = { schema, grammar, regex, choice }
    const form = await readForm(forms)
    const options: GenerateOptions = {
      maxTokens,
      stop,
      guard: policies === undefined ? guard : { policies },
      trace,
      interventions,
      ...form,
      ...readSampling(sampling),
    }
    await warnOfIdle(console, idleFlags(options), "--temperature above 0")
    if (guard !== true) {
      const judges = [shield === undefined ? [] : ["--shield"], shieldUrl === undefined ? [] : ["--shield-url"]]
      await warnOfIdle(console, judges.flat(), "--guard")
    }
    const prompt = system === undefined ? text : asChat(system, text)
    await using facet = await openFacet(console, {
      ...(model && { model }),
      ...(server && { model: server }),
      ...(shield && { shield }),
      ...(shieldServer && { shield: shieldServer }),
      ...readDevice({ device, prefill, threads }),
      ...scopeFor(scope, {}, interventions),
    })
    const call = { ...options, signal: console.signal }
    try {
      if (json === true) return await writeDocument(await facet.generate(prompt, call), options, console)
      if (streamJson === true) return await writeLines(facet.stream(prompt, call), console)
      return await writeText(
        facet.stream(prompt, call),
        server === undefined && (model === undefined || model === "tiny"),
        console,
      )
    } catch (error) {
      throw withFile(error, forms)
    }
  },
)

/** One document: what was asked for, and no more. */
async function writeDocument(
  { finishReason, object, text, timings, traces, usage, verdicts }: Generation,
  { guard, schema, trace }: GenerateOptions,
  { out }: Console,
): Promise<ExitCode> {
  await out.writeLine(
    JSON.stringify({
      text,
      // A text that was cut has no value.
      ...(schema !== undefined && { object: object ?? null }),
      finishReason,
      usage,
      timings,
      ...(guard !== undefined && guard !== false && { verdicts: published(verdicts) }),
      ...(trace === true && { trace: traces[0] }),
    }),
  )
  return exitCode(finishReason)
}

/** Whoever reads nothing but the code knows that the answer is not whole. */
const exitCode = (reason: FinishReason): ExitCode => (reason === "blocked" ? 3 : 0)

const asChat = (system: string, content: string): ReadonlyArray<ChatMessage> => [
  { role: "system", content: system },
  { role: "user", content },
]

/** A document for each part, in the shapes of the SDK. */
async function writeLines(parts: AsyncIterable<GenerationPart>, { out }: Console): Promise<ExitCode> {
  let code: ExitCode = 0
  for await (const part of parts) {
    await out.writeLine(JSON.stringify(lineOf(part)))
    if (part.type === "finish") code = exitCode(part.finishReason)
  }
  return code
}

function lineOf(part: GenerationPart): unknown {
  if (part.type === "verdict") return { type: part.type, of: part.of, ...judgement(part.verdict) }
  if (part.type === "failure")
    return { ...part, error: isFacetError(part.error) ? errorToPlain(part.error) : String(part.error) }
  return part
}

async function writeText(parts: AsyncIterable<GenerationPart>, isToy: boolean, console: Console): Promise<ExitCode> {
  const traced: Array<TracePart> = []
  let code: ExitCode = 0
  let last = "\n"
  const endLine = async (): Promise<void> => {
    if (!last.endsWith("\n")) await console.out.writeLine()
    last = "\n"
  }
  for await (const part of parts) {
    if (part.type === "text") {
      last = part.text
      await console.out.write(console.out.isTerminal ? visible(part.text, false) : part.text)
    } else if (part.type === "trace") traced.push(part)
    else if (part.type === "verdict" && holdsBack(part.verdict)) {
      await endLine()
      await console.err.writeLine(heldBack(part.of, part.verdict, console))
    } else if (part.type === "finish") {
      await endLine()
      code = exitCode(part.finishReason)
      await writeTrace(traced, console)
      await summarise(part, isToy, console)
    }
  }
  return code
}

/** Below the answer. */
async function writeTrace(parts: ReadonlyArray<TracePart>, { out }: Console): Promise<void> {
  const [first] = parts
  if (first === undefined) return
  const trace = { site: first.site, layer: first.layer, tokens: parts.flatMap(({ tokens }) => tokens) }
  for (const line of ["", ...traceLines(trace, out)]) await out.writeLine(line)
}

/** In the shape that `facet shield` prints. */
const published = (verdicts: Generation["verdicts"]) =>
  Object.fromEntries(Object.entries(verdicts).map(([of, verdict]) => [of, judgement(verdict)]))

const judgement = ({ flagged, policies }: Verdict) => ({ flagged, policies })

function heldBack(of: "input" | "output", verdict: Verdict, { err }: Console): string {
  const { policy, probability } = worstOf(verdict)
  const what = of === "input" ? "the prompt was not let in" : "the rest was held back"
  return err.paint.bad(`Blocked by the guard: ${what} (${policy}, ${Math.round(probability * 100)} %).`)
}

/** For people who watch; in scripts `--json` has the same. */
async function summarise(
  { finishReason, timings, usage }: FinishPart,
  isToy: boolean,
  { err, verbose }: Console,
): Promise<void> {
  if (!err.isTerminal && !verbose) return
  const speed = timings.tokensPerSecond > 0 ? `, ${Math.round(timings.tokensPerSecond)} tokens/s` : ""
  await err.writeLine(err.paint.dim(`${usage.completionTokens} tokens${speed}, ended by ${finishReason}`))
  if (isToy) await err.writeLine(err.paint.dim(toyNote))
}

/** Whoever asks it a question would take its answer for Gemma's. */
const toyNote = "By the embedded toy, which tells small stories and knows no facts. --model names a real one."
