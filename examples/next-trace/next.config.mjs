import { withFacet } from "@facet/sdk/next"

// Types are checked by the workspace, together with those of the packages.
export default withFacet({ output: "standalone", typescript: { ignoreBuildErrors: true } })
