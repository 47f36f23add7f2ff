/** The effects that few pages ask for: they are loaded with the first call. */
export { calibrate } from "./calibrate.ts"
export { contrast } from "./contrast.ts"
export { decide } from "./decide.ts"
export { embed } from "./embed.ts"
export { shield } from "./shield.ts"
export { runTools } from "./runTools.ts"
export { distilPolicy, trainPolicy } from "./trainPolicy.ts"
export { tokens } from "./tokens.ts"
