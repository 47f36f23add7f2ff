/** What a shell offers after Tab: scripts made of the commands' own tables. */
import type { Description } from "./Command.ts"
import { flagOf, type OptionSpec } from "./Options.ts"

type Commands = ReadonlyArray<Pick<Description, "name" | "summary" | "options">>

/** The flags of a command, each with what it is about. */
const flagsOf = ({ options }: Commands[number]): ReadonlyArray<readonly [flag: string, spec: OptionSpec]> =>
  Object.entries(options).map(([key, spec]) => [flagOf(key, spec), spec])

const namesOf = (commands: Commands): string => commands.map(({ name }) => name).join(" ")

const bash = (commands: Commands): string => `# facet: source <(facet completion bash)
_facet() {
  local current=\${COMP_WORDS[COMP_CWORD]} words=""
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${namesOf(commands)} help --help --version" -- "$current"))
    return
  fi
  case \${COMP_WORDS[1]} in
    help) words="${namesOf(commands)}" ;;
${commands.map((command) => `    ${command.name}) words="${dashed(command)}" ;;`).join("\n")}
  esac
  case $current in
    -*) COMPREPLY=($(compgen -W "$words" -- "$current")) ;;
    *) if [ "\${COMP_WORDS[1]}" = help ]; then COMPREPLY=($(compgen -W "$words" -- "$current")); else COMPREPLY=(); fi ;;
  esac
}
complete -o default -F _facet facet
`

const dashed = (command: Commands[number]): string =>
  flagsOf(command)
    .map(([flag]) => `--${flag}`)
    .join(" ")

const zsh = (commands: Commands): string => `#compdef facet
# facet: source <(facet completion zsh)
_facet() {
  local -a commands options
  commands=(${commands.map(({ name, summary }) => zshItem(name, summary)).join(" ")} ${zshItem("help", "show how facet is used")})
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  case $words[2] in
    help) _describe command commands; return ;;
${commands
  .map(
    (command) =>
      `    ${command.name}) options=(${flagsOf(command)
        .map(([flag, { about }]) => zshItem(`--${flag}`, about))
        .join(" ")}) ;;`,
  )
  .join("\n")}
  esac
  if [[ $words[CURRENT] == -* ]]; then _describe -o option options; else _files; fi
}
if [ "$funcstack[1]" = _facet ]; then _facet "$@"; else compdef _facet facet; fi
`

/** A colon parts a word from what it is about. */
const zshItem = (word: string, about: string): string => quoted(`${word}:${about.replaceAll(":", "\\:")}`)

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`

const fish = (commands: Commands): string =>
  [
    "# facet: facet completion fish | source",
    "complete -c facet -n __fish_use_subcommand -s h -l help -d 'show how facet is used'",
    "complete -c facet -n __fish_use_subcommand -s v -l version -d 'show the version'",
    `complete -c facet -n __fish_use_subcommand -f -a help -d 'show how facet is used'`,
    `complete -c facet -n '__fish_seen_subcommand_from help' -f -a '${namesOf(commands)}'`,
    ...commands.flatMap((command) => [
      `complete -c facet -n __fish_use_subcommand -f -a ${command.name} -d ${fishQuoted(command.summary)}`,
      ...flagsOf(command).map(
        ([flag, { about, kind }]) =>
          `complete -c facet -n '__fish_seen_subcommand_from ${command.name}' -l ${flag}${kind === "switch" ? "" : " -r"} -d ${fishQuoted(about)}`,
      ),
    ]),
    "",
  ].join("\n")

/** Within quotes fish reads a backslash before a quote, and before itself. */
const fishQuoted = (text: string): string => `'${text.replaceAll(/[\\']/g, String.raw`\$&`)}'`

/** By the shell's name. */
export const completionScripts: Readonly<Record<string, (commands: Commands) => string>> = { bash, fish, zsh }
