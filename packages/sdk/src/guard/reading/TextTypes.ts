/** What people read as text: the one list, of media types and of file names. */

const subtypes = new Set(
  [
    "json jsonl json-lines jsonlines ndjson json5 jsonc json-seq geo+json",
    "xml xml-dtd yaml yml toml ini properties csv tsv sql graphql",
    "javascript ecmascript typescript jsx sh shellscript bash csh zsh powershell python python-code perl ruby php",
    "httpd-php lua tcl java java-source c c++ csrc chdr rust go kotlin scala swift r",
    "markdown tex latex rtf html xhtml subrip srt vtt diff patch www-form-urlencoded plist troff",
  ].flatMap((line) => line.split(" ")),
)
const suffix = /\+(json|xml|yaml|json-seq|csv|text)$/

const endings = new Set(
  [
    "txt text md mdx markdown rst adoc org log csv tsv psv json jsonl ndjson json5 jsonc ipynb geojson har",
    "yaml yml toml ini cfg conf env properties xml xsl xsd svg rss atom plist html htm xhtml css scss sass less vue svelte",
    "js mjs cjs jsx ts mts cts tsx sql graphql gql proto sh bash zsh fish csh ps1 bat cmd awk",
    "py pyi rb pl pm php lua tcl r jl java kt kts scala groovy go rs c h cc cpp cxx hpp cs fs vb swift m mm dart",
    "hs ml ex exs erl clj lisp el scm tex bib rtf srt vtt sub diff patch eml ics vcf gradle cmake mk dockerfile tf lock",
  ].flatMap((line) => line.split(" ")),
)
const wholeNames = /^(dockerfile|makefile|readme|license|licence|changelog|authors|notice|\.\w+(rc|ignore|config)?)$/i

/**
 * Whether a media type is one that people read as text. A content type may be given as it stands in a header.
 *
 * @example
 * console.log(isTextType("application/x-yaml; charset=utf-8"), isTextType("image/png")) // => true false
 */
export function isTextType(mediaType: string): boolean {
  const [type = ""] = mediaType.split(";")
  const name = type.trim().toLowerCase()
  if (/^(text|message)(\/|$)/.test(name) || suffix.test(name)) return true
  const subtype = /^application\/(?:x-)?(.+)$/.exec(name)?.[1]
  return subtype !== undefined && subtypes.has(subtype)
}

/** Whether a file is text by its name. */
export function isTextName(fileName: string): boolean {
  const name = fileName.slice(Math.max(fileName.lastIndexOf("/"), fileName.lastIndexOf("\\")) + 1)
  const dot = name.lastIndexOf(".")
  return wholeNames.test(name) || (dot >= 0 && endings.has(name.slice(dot + 1).toLowerCase()))
}
