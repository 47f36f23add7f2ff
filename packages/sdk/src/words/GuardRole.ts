/** Whose text a message is. OpenAI's `developer` is `system`. */
export const guardRoles = ["system", "user", "assistant", "tool"] as const
export type GuardRole = (typeof guardRoles)[number]

/** Whose texts some policies judge. */
export interface JudgedRoles {
  readonly roles: ReadonlyArray<GuardRole>
  /** Their ids. */
  readonly policies: ReadonlyArray<string>
}

/** Whose texts of a prompt are judged, and by which policies. */
export interface WhoseTexts {
  /** Those of any policy. */
  readonly roles: ReadonlyArray<GuardRole>
  /** Where policies differ: each with the others that judge the same. Left out, all judge the same. */
  readonly byPolicy?: ReadonlyArray<JudgedRoles> | undefined
  /** The ids of the policies that judge whole exchanges. */
  readonly exchange?: ReadonlyArray<string> | undefined
}
