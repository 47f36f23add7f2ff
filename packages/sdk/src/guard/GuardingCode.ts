/** What a guard around other people's functions is made of: loaded with the first one. */
export { guardedText, makeGuard } from "./Guard.ts"
export { fromSource } from "./fromSource.ts"
