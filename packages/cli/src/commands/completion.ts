/** `facet completion`: what a shell needs to complete command lines. */
import { type Command, defineCommand } from "../Command.ts"
import { completionScripts } from "../completionScripts.ts"
import { UsageError } from "../UsageError.ts"

/** @param others - the commands that are completed, beside this one */
export function completion(others: ReadonlyArray<Command>): Command {
  const own: Command = defineCommand(
    {
      name: "completion",
      operand: "SHELL",
      takes: "names",
      summary: "print what bash, zsh or fish need to complete command lines",
      options: {},
      examples: [
        ["completion bash >> ~/.bashrc", "or for this session alone: source <(facet completion bash)"],
        ["completion zsh > ~/.zfunc/_facet", "in a folder of your $fpath"],
        ["completion fish > ~/.config/fish/completions/facet.fish", "for fish"],
      ],
    },
    async ({ out }, shell) => {
      const script = Object.hasOwn(completionScripts, shell) ? completionScripts[shell] : undefined
      if (script === undefined)
        throw new UsageError(`there is no completion for "${shell}", but for bash, zsh and fish.`)
      await out.write(script([...others, own]))
      return 0
    },
  )
  return own
}
