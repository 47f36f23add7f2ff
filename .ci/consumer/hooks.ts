/** What a page of React's loads before a model is opened: the check of its size bundles this file. */
import { FacetProvider, tracesOf, useFacetChat, useGenerate, VerdictBadge } from "@facet/react-hooks"

// Used, as far as a bundler can tell.
Object.assign(globalThis, { FacetProvider, tracesOf, useFacetChat, useGenerate, VerdictBadge })
