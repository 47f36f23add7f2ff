// Engines take a thread for each core that they find, and those of the tiny models wait for each other longer than they work.
// Where files of tests run side by side, each finds one core; a test that is about several threads says how many.
import { syncBuiltinESMExports } from "node:module"
import os from "node:os"

os.availableParallelism = () => 1
syncBuiltinESMExports()
