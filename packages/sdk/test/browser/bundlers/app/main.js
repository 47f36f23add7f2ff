import { use } from "./use.js"

void use({})
