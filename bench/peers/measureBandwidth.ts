/** The `facet bench` command's probe: the command line publishes no modules. */
// oxlint-disable-next-line no-restricted-imports
export { measureBandwidth } from "../../packages/cli/src/bench/measureBandwidth.ts"
