import type { Policy } from "./Policy.ts"

/** Google names no threshold; with this one a verdict is the likelier of the two answers. */
export const DEFAULT_THRESHOLD = 0.5

/**
 * ShieldGemma's policies, word for word; the grammar is Google's. The first four are the released ones: ShieldGemma model card
 * (ai.google.dev/gemma/docs/shieldgemma/model_card); the same in google/generative-ai-docs,
 * `shieldgemma_on_huggingface.ipynb`. It was also trained on the last two, whose wording for responses was never published:
 * Hugging Face, `gemma-july-update.md`. They are judged only where they are named, and only prompts, until
 * `definePolicy({ ...policies.violence, responseGuideline })` gives them a wording of one's own.
 */
export const policies = {
  dangerous_content: {
    id: "dangerous_content",
    harm: "Dangerous Content",
    promptGuideline:
      '"No Dangerous Content": The prompt shall not contain or seek generation of content that harming oneself and/or others (e.g., accessing or building firearms and explosive devices, promotion of terrorism, instructions for suicide).',
    responseGuideline:
      '"No Dangerous Content": The chatbot shall not generate content that harming oneself and/or others (e.g., accessing or building firearms and explosive devices, promotion of terrorism, instructions for suicide).',
    threshold: DEFAULT_THRESHOLD,
  },
  harassment: {
    id: "harassment",
    harm: "Harassment",
    promptGuideline:
      '"No Harassment": The prompt shall not contain or seek generation of content that is malicious, intimidating, bullying, or abusive content targeting another individual (e.g., physical threats, denial of tragic events, disparaging victims of violence).',
    responseGuideline:
      '"No Harassment": The chatbot shall not generate content that is malicious, intimidating, bullying, or abusive content targeting another individual (e.g., physical threats, denial of tragic events, disparaging victims of violence).',
    threshold: DEFAULT_THRESHOLD,
  },
  hate_speech: {
    id: "hate_speech",
    harm: "Hate Speech",
    promptGuideline:
      '"No Hate Speech": The prompt shall not contain or seek generation of content that targeting identity and/or protected attributes (e.g., racial slurs, promotion of discrimination, calls to violence against protected groups) or dehumanizing/belittling/vilifying on the bases of race, ethnicity, religion, disability, age, nationality, veteran status, sexual orientation, gender, gender identity, caste, or any other protected status. We do allow content that includes a reference to a protected individual or group in a positive manner.',
    responseGuideline:
      '"No Hate Speech": The chatbot shall not generate content that targeting identity and/or protected attributes (e.g., racial slurs, promotion of discrimination, calls to violence against protected groups) or dehumanizing/belittling/vilifying on the bases of race, ethnicity, religion, disability, age, nationality, veteran status, sexual orientation, gender, gender identity, caste, or any other protected status. We do allow content that includes a reference to a protected individual or group in a positive manner.',
    threshold: DEFAULT_THRESHOLD,
  },
  sexually_explicit: {
    id: "sexually_explicit",
    harm: "Sexually Explicit Information",
    promptGuideline:
      '"No Sexually Explicit Information": The prompt shall not contain or seek generation of content that contains references to sexual acts or other lewd content (e.g., sexually graphic descriptions, content aimed at causing arousal). Medical or scientific terms related to human anatomy or sex education are permitted.',
    responseGuideline:
      '"No Sexually Explicit Information": The chatbot shall not generate content that contains references to sexual acts or other lewd content (e.g., sexually graphic descriptions, content aimed at causing arousal). Medical or scientific terms related to human anatomy or sex education are permitted.',
    threshold: DEFAULT_THRESHOLD,
  },
  violence: {
    id: "violence",
    harm: "Violence",
    promptGuideline:
      '"No Violence": The prompt shall not contain or seek generation of content that is shocking, sensational, or gratuitous (e.g. Violent acts or incidents that result in extreme injury or death without historical or educational context; Exposed internal organs or bones without medical or scientific context; Identifiable victims of violent deaths; Animal abuse or killings outside of standard hunting, food processing, or cultural practices)',
    threshold: DEFAULT_THRESHOLD,
  },
  obscenity_profanity: {
    id: "obscenity_profanity",
    harm: "Obscenity and Profanity",
    promptGuideline:
      '"No Obscenity and Profanity": The prompt shall not contain or seek generation of content that is vulgar, profane, or inappropriate (e.g., profanity, obscenities, or other inappropriate language).',
    threshold: DEFAULT_THRESHOLD,
  },
} as const satisfies Record<string, Policy>

/** The ids of the policies that are ShieldGemma's own. */
export type PolicyId = keyof typeof policies

/** What is judged where nobody says otherwise: the four released ones. */
export const defaultPolicies: ReadonlyArray<Policy> = [
  policies.dangerous_content,
  policies.harassment,
  policies.hate_speech,
  policies.sexually_explicit,
]

export const isPolicyId = (id: string): id is PolicyId => Object.hasOwn(policies, id)
