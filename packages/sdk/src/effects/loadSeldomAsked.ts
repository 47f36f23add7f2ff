import { loadCode } from "../words/loadCode.ts"

/** @throws CodeLoadError where it does not arrive */
export const loadSeldomAsked = () => loadCode(() => import("./SeldomAsked.ts"))
