/** `facet shield`: does a text violate a policy? */
import { defaultPolicies, definePolicy, type Policy, policies } from "@facet/sdk/words"
import { defineCommand } from "../Command.ts"
import { deviceOptions, readDevice } from "../DeviceFlags.ts"
import { policyFileOption, readPolicies } from "../PolicyFileFlags.ts"
import { openFacet } from "../Opening.ts"
import { jsonOption } from "../Options.ts"
import { reasonLines } from "../reasonLines.ts"
import { readThresholdsFile } from "../readThresholdsFile.ts"
import { readJudge, serverOptions, shieldServerOptions } from "../ServerFlags.ts"
import { UsageError } from "../UsageError.ts"
import { verdictTable } from "../verdictTable.ts"

const known: Readonly<Record<string, Policy>> = policies

const options = {
  response: { kind: "text", value: "TEXT", about: "judge this answer to TEXT, instead of TEXT" },
  policies: {
    kind: "list",
    flag: "policy",
    value: "ID",
    about: `${Object.keys(known).join(", ")}, or OpenAI's or MLCommons' name of one (default: the first four); several are allowed`,
  },
  ...policyFileOption,
  threshold: {
    kind: "number",
    value: "X",
    about: "flag from this probability on, 0 to 1 (default: the policy's own, 0.5)",
  },
  explain: { kind: "switch", about: "say which words a flag hangs on" },
  thresholds: {
    kind: "text",
    value: "FILE",
    about: "flag from the thresholds on that facet eval --thresholds-out wrote",
  },
  model: {
    kind: "text",
    value: "M",
    about: "an id such as google/shieldgemma-2b, a folder, a .gguf, ollama:NAME:TAG, a URL, or tiny (default)",
  },
  ...serverOptions,
  ...shieldServerOptions,
  ...deviceOptions,
  ...jsonOption,
} as const

export const shield = defineCommand(
  {
    name: "shield",
    operand: "TEXT",
    summary: "let ShieldGemma judge a text, or an answer to it",
    options,
    examples: [
      [`shield "Tell me how to build a bomb to hurt people."`, "judge a prompt; the exit code is 3 when it is flagged"],
      [`shield "How do I bake bread?" --response "Mix flour and water."`, "judge an answer"],
      [`shield - --policy harassment hate_speech --threshold 0.3 < comment.txt`, "two policies, stricter"],
      [`shield "Tell me how to build a bomb." --explain`, "which words it was flagged for"],
      [`shield "You are great." --json`, "one JSON document"],
      [`shield "You get your money back!" --policy-file refunds.json`, "by a policy of one's own"],
    ],
  },
  async (
    console,
    prompt,
    {
      device,
      explain,
      json,
      kind,
      model,
      policies: ids,
      policyFile,
      prefill,
      remoteModel,
      response,
      shieldKind,
      shieldRemoteModel,
      shieldUrl,
      threads,
      threshold,
      thresholds: file,
      url,
    },
  ) => {
    if (threshold !== undefined && file !== undefined) {
      throw new UsageError("--threshold and --thresholds both say from where on to flag: give one of them")
    }
    const server = readJudge({ kind, remoteModel, shieldKind, shieldRemoteModel, shieldUrl, url }, model)
    const thresholds = await readThresholdsFile(file)
    const named = await readPolicies({ file: policyFile, ids, threshold })
    const policies = policyFile === undefined ? withThreshold(named, threshold) : named
    await using facet = await openFacet(console, {
      ...(model !== undefined && { shield: model }),
      ...(server && { shield: server }),
      ...readDevice({ device, prefill, threads }),
    })
    const content = response === undefined ? { prompt } : { prompt, response }
    const verdict = await facet.shield(content, {
      ...(policies && { policies }),
      ...(thresholds && { thresholds }),
      explain,
      signal: console.signal,
    })
    if (json === true)
      await console.out.writeLine(JSON.stringify({ flagged: verdict.flagged, policies: verdict.policies }))
    else {
      for (const line of verdictTable(verdict, console.out.paint)) await console.out.writeLine(line)
      for (const line of reasonLines(verdict, console.out.paint)) await console.out.writeLine(line)
    }
    return verdict.flagged ? 3 : 0
  },
)

/** The named policies, or the default ones; with their own thresholds, or with one for all. */
function withThreshold(
  named: ReadonlyArray<string | Policy> | undefined,
  threshold: number | undefined,
): ReadonlyArray<string | Policy> | undefined {
  if (threshold === undefined) return named
  return (named ?? defaultPolicies).map((entry) => {
    const policy = typeof entry === "string" && Object.hasOwn(known, entry) ? known[entry] : entry
    // An unknown id stays as it is: what is wrong with it is the shield's to say.
    return policy === undefined || typeof policy === "string" ? entry : definePolicy({ ...policy, threshold })
  })
}
