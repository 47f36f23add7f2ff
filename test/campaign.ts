/**
 * How long a test keeps trying: a little each time, and for long in a campaign, `npx pnpm@12 test:campaign`, which runs
 * the same tests with `FACET_CAMPAIGN=1`.
 */
/** What is too dear for each time, and proves little that cheaper tests do not, runs in a campaign alone. */
export const isCampaign = process.env["FACET_CAMPAIGN"] === "1"

/**
 * @param each how often each time
 * @param campaign how often in a campaign
 *
 * @example
 * it.prop("a law", { ids: tokens }, law, { arbitrary: { runs: tries(10) } })
 */
export const tries = (each: number, campaign: number = 20 * each): number => (isCampaign ? campaign : each)

/** How long a test may take, in milliseconds: far longer than any does, so that it ends only what hangs. */
export const patience = isCampaign ? 1_800_000 : 60_000
