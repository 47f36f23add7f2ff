import { invalidRequest } from "../../words/Errors.ts"
import { isRecord } from "../../words/Json.ts"
import { checkJudge, type Judge, type Judgement } from "../../words/Judge.ts"
import { verdictOfJudgement } from "../../words/verdictOfJudgement.ts"
import { marginOf, nearerToFlag } from "./nearerToFlag.ts"

/**
 * The same judge, with its policies under other names: those of Facet's policies, so that judges are compared policy by policy.
 * Several under one name count as their worst; one that is not named keeps its own.
 *
 * @throws InvalidRequestError for a name that is none
 * @example
 * const ours = renamed(wordList({ words: { weapons: ["bomb"] } }), { weapons: "dangerous_content" })
 * const { policies } = await facet.shield("A bomb!", { judge: ours })
 * console.log(policies[0]?.policy) // => dangerous_content
 */
export function renamed(judge: Judge, names: Readonly<Record<string, string>>): Judge {
  checkJudge("judge", judge)
  if (!isRecord(names) || Object.values(names).some((name) => typeof name !== "string" || name === "")) {
    throw invalidRequest("names", "a name in it is no text", "Pass an object of the judge's names and yours.")
  }
  return {
    ...judge,
    judge: async (content, call) => {
      // Before policies are put together: what is no number would be lost.
      const { policies, tokens } = verdictOfJudgement(judge, await judge.judge(content, call), call.original)
      const called = policies.map((said) => ({
        ...said,
        policy: Object.hasOwn(names, said.policy) ? (names[said.policy] ?? said.policy) : said.policy,
      }))
      return { policies: worstByName(called), tokens }
    },
  }
}

/** One of each name: what is nearest to being flagged, or farthest beyond; of what several flag, all is done. */
export function worstByName(policies: Judgement["policies"]): Judgement["policies"] {
  const worst = new Map<string, Judgement["policies"][number]>()
  for (const said of policies) {
    const known = worst.get(said.policy)
    worst.set(said.policy, known === undefined ? said : together(known, said))
  }
  return [...worst.values()]
}

type Said = Judgement["policies"][number]

function together(one: Said, other: Said): Said {
  const nearer = nearerToFlag(one, other)
  if (marginOf(one) < 0 || marginOf(other) < 0) return nearer
  const { action: _action, spans: _spans, ...said } = nearer
  const isHeldBack = ({ action, spans = [] }: Said) =>
    action === undefined || (action === "redact" && spans.length === 0)
  if (isHeldBack(one) || isHeldBack(other)) return said
  const spans = [...(one.spans ?? []), ...(other.spans ?? [])]
  return spans.length === 0 ? { ...said, action: "flag" } : { ...said, action: "redact", spans }
}
