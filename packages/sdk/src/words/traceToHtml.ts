/** Traces as one HTML page that needs nothing else: to be sent, opened anywhere, and kept. */
import { checkKnown, checkUnicode } from "./Checks.ts"
import { invalidRequest } from "./Errors.ts"
import { isList, isRecord } from "./Json.ts"
import type { Trace, TraceToken } from "./Trace.ts"

export interface TraceToHtmlOptions {
  /** The page's title; any text. Default "Trace". */
  readonly title?: string | undefined
}

/** Features that are listed below a site. */
const mostListed = 20

/**
 * A page with a picture of all sites by all tokens, each site's text shaded by the strength of its strongest feature, its
 * strongest features, and the traces themselves as JSON (`#trace`, which `tracesFromHtml` reads). It has no script, loads nothing,
 * and follows the reader's light or dark scheme. Everything of the traces is escaped.
 *
 * @param traces of the same tokens, such as `inspectAll` gives, or a generation's.
 * @throws InvalidRequestError where there are none, or they are of different tokens.
 * @example
 * const page = traceToHtml(await facet.inspectAll("The dog sleeps."), { title: "A dog" })
 * console.log(page.startsWith("<!doctype html>"), page.includes("://")) // => true false
 */
export function traceToHtml(traces: ReadonlyArray<Trace>, options: TraceToHtmlOptions = {}): string {
  checkKnown(options, ["title"])
  const { title = "Trace" } = options
  checkUnicode("title", title)
  checkTraces(traces)
  const [first] = traces
  const json = JSON.stringify(traces.map(({ activations: _activations, ...trace }) => trace))
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escaped(title)}</title>
<style>${style}</style>
<main>
<h1>${escaped(title)}</h1>
<p>${first?.tokens.length ?? 0} tokens at ${traces.length} sites. A cell is as strong as its strongest feature, beside the strongest of its row.</p>
${picture(traces)}
${traces.map(section).join("\n")}
</main>
<script type="application/json" id="trace">${json.replaceAll("<", "\\u003c")}</script>
</html>
`
}

/**
 * The traces in a page that {@link traceToHtml} made.
 *
 * @throws InvalidRequestError where there are none.
 */
export function tracesFromHtml(page: string): ReadonlyArray<Trace> {
  const json = /<script type="application\/json" id="trace">(.*?)<\/script>/s.exec(page)?.[1]
  try {
    // It was written from traces by the function above.
    const traces = JSON.parse(json ?? "") as ReadonlyArray<Trace>
    checkTraces(traces)
    return traces
  } catch {
    throw invalidRequest("page", "it holds no traces", "Pass a page that traceToHtml() made.")
  }
}

function checkTraces(traces: ReadonlyArray<Trace>): void {
  if (!areTraces(traces))
    throw invalidRequest("traces", "it is no list of traces", "Pass what inspectAll() gives, or a list of them.")
  const [first, ...others] = traces
  if (first === undefined) throw invalidRequest("traces", "there are none", "Pass at least one.")
  for (const [i, { tokens }] of others.entries()) {
    if (tokens.length === first.tokens.length && tokens.every(({ id }, at) => id === first.tokens[at]?.id)) continue
    throw invalidRequest(`traces[${i + 1}]`, "it is of other tokens than the first", "Make a page for each text.")
  }
}

const areTraces = (traces: unknown): boolean =>
  isList(traces) && traces.every((trace) => isRecord(trace) && isList(trace["tokens"]))

const strengthOf = ({ features: [first] }: TraceToken): number => first?.activation ?? 0

const shadesOf = ({ tokens }: Trace): ReadonlyArray<number> => {
  const most = tokens.reduce((max, token) => Math.max(max, strengthOf(token)), 0)
  return tokens.map((token) => (most === 0 ? 0 : strengthOf(token) / most))
}

const nameOf = ({ layer, site }: Trace): string => `${site}, layer ${layer}`

/** What a reader finds who rests on a cell: the features, in words. */
const toldOf = ({ features, token }: TraceToken): string =>
  [
    JSON.stringify(token),
    ...features.map(({ activation, index, label }) => `${label ?? `feature ${index}`} ${activation.toFixed(1)}`),
  ].join("\n")

const cell = { width: 12, height: 16 }

/** A row for each site, a column for each token. */
function picture(traces: ReadonlyArray<Trace>): string {
  const columns = traces[0]?.tokens.length ?? 0
  const [width, height] = [columns * cell.width, traces.length * cell.height]
  const rows = traces.map((trace, row) => {
    const cells = shadesOf(trace).map((shade, column) => {
      const token = trace.tokens[column]
      if (token === undefined || shade === 0) return ""
      const place = `x="${column * cell.width}" y="${row * cell.height}" width="${cell.width - 1}" height="${cell.height - 1}"`
      return `<rect ${place} fill-opacity="${shade.toFixed(3)}"><title>${escaped(toldOf(token))}</title></rect>`
    })
    return `<g><title>${escaped(nameOf(trace))}</title>${cells.join("")}</g>`
  })
  const names = traces.map((trace) => `<li><a href="#${anchorOf(trace)}">${escaped(nameOf(trace))}</a></li>`)
  return `<div class="picture"><ol>${names.join("")}</ol><div class="scroll" tabindex="0" role="region" aria-label="Sites by tokens"><svg width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="How strong the strongest feature is at each token of each site">${rows.join("")}</svg></div></div>`
}

const anchorOf = ({ layer, site }: Trace): string => escaped(`${site}.${layer}`)

function section(trace: Trace): string {
  const shades = shadesOf(trace)
  const text = trace.tokens.map((token, i) => {
    const told = `title="${escaped(toldOf(token))}" style="--shade:${(shades[i] ?? 0).toFixed(3)}"`
    return `<span ${told}>${escaped(token.token)}</span>`
  })
  return `<section id="${anchorOf(trace)}">
<h2>${escaped(nameOf(trace))}</h2>
<p class="text">${text.join("")}</p>
${table(trace)}
</section>`
}

function table({ tokens }: Trace): string {
  const found = new Map<number, { readonly label: string | undefined; tokens: number; most: number; at: string }>()
  for (const { features, token } of tokens) {
    for (const { activation, index, label } of features) {
      const known = found.get(index) ?? { label, tokens: 0, most: 0, at: "" }
      const isMore = activation > known.most
      const more = isMore ? { most: activation, at: token } : {}
      found.set(index, { ...known, tokens: known.tokens + 1, ...more })
    }
  }
  const rows = [...found].toSorted(([, a], [, b]) => b.most - a.most).slice(0, mostListed)
  const cells = rows.map(
    ([index, { at, label, most, tokens: count }]) =>
      `<tr><td>${escaped(String(index))}</td><td>${escaped(label ?? "")}</td><td>${most.toFixed(2)}</td><td>${escaped(at)}</td><td>${count}</td></tr>`,
  )
  const head = ["feature", "label", "strongest", "at", "tokens"].map((name) => `<th scope="col">${name}</th>`).join("")
  return `<table><thead><tr>${head}</tr></thead><tbody>${cells.join("\n")}</tbody></table>`
}

const style = `:root{color-scheme:light dark;--ink:#1d1d1f;--paper:#fff;--muted:#5f6368;--line:#d9d9de;--heat:196 64 0}
@media (prefers-color-scheme:dark){:root{--ink:#ececf1;--paper:#16161a;--muted:#a2a2ad;--line:#3a3a42;--heat:255 150 70}}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
main{max-width:70rem;margin:auto;padding:1.5rem}
p{color:var(--muted)}
.text{color:var(--ink);white-space:pre-wrap;overflow-wrap:anywhere}
.text span{background:rgb(var(--heat)/calc(var(--shade)*.6));border-radius:.2rem}
.picture{display:flex;gap:.75rem}
.picture ol{list-style:none;margin:0;padding:0;font-size:11px;white-space:nowrap}
.picture li{block-size:${cell.height}px;line-height:${cell.height}px}
.picture svg{display:block}
.scroll{overflow-x:auto}
rect{fill:rgb(var(--heat))}
a{color:inherit}
table{border-collapse:collapse}
td,th{padding:.15rem .75rem;text-align:start;border-block-end:1px solid var(--line)}
td:nth-child(4){white-space:pre}`

const escapes: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
}

/** U+0000 and lone surrogates are no characters of HTML. */
const escaped = (text: string): string =>
  text.toWellFormed().replace(/[&<>"'\0]/g, (character) => escapes[character] ?? "\uFFFD")
