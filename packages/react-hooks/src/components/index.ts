/** What people see: traces, verdicts and the state of a model. */
export { FeatureTrace, type FeatureTraceProps } from "./FeatureTrace.tsx"
export { FeatureCard, type FeatureCardProps } from "./FeatureCard.tsx"
export { ModelProgress, type ModelProgressProps } from "./ModelProgress.tsx"
export { VerdictBadge, type VerdictBadgeProps, type VerdictBadgeState } from "./VerdictBadge.tsx"
export { VerdictMeter, type VerdictMeterProps } from "./VerdictMeter.tsx"
export { type FeatureSource, neuronpediaUrl } from "./neuronpediaUrl.ts"
export type { TraceInput } from "./trace/TraceInput.ts"
