/** Whose text a message is. OpenAI's `developer` is `system`. */
export const guardRoles = ["system", "user", "assistant", "tool"] as const
export type GuardRole = (typeof guardRoles)[number]
