/** What holds between the manifests: a name that is written in two places is the same in both. */
import { readdir, readFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { beforeAll, describe, expect, test } from "vitest"
import { parseAllDocuments } from "yaml"

const root = fileURLToPath(new URL("..", import.meta.url))

interface Container {
  readonly name: string
  readonly image?: string
  readonly args?: ReadonlyArray<string>
  readonly env?: ReadonlyArray<{ readonly name: string; readonly value?: string }>
  readonly ports?: ReadonlyArray<{ readonly name: string; readonly containerPort: number }>
  readonly resources: Readonly<Record<"requests" | "limits", Readonly<Record<string, string>>>>
  readonly startupProbe?: Probe
  readonly readinessProbe?: Probe
  readonly livenessProbe?: Probe
}

interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string }
}

/** As much of Kubernetes as is looked at here. */
interface Manifest {
  readonly file: string
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly name: string }
  readonly resources?: ReadonlyArray<string>
  readonly patches?: ReadonlyArray<{ readonly path: string }>
  readonly spec: {
    readonly selector?: Readonly<Record<string, unknown>> & { readonly matchLabels?: Readonly<Record<string, string>> }
    readonly ports?: ReadonlyArray<{ readonly port: number; readonly targetPort: string }>
    readonly endpoints?: ReadonlyArray<{ readonly port: string }>
    readonly scaleTargetRef?: { readonly kind: string; readonly name: string }
    readonly minReplicas?: number
    readonly maxReplicas?: number
    readonly template?: {
      readonly metadata?: { readonly labels: Readonly<Record<string, string>> }
      readonly spec: { readonly containers: ReadonlyArray<Container> }
    }
  }
}

const folders = ["base", "gateway", "other", "sizes/27b", "sizes/9b"]
let manifests: ReadonlyArray<Manifest> = []
beforeAll(async () => {
  const found = await Promise.all(
    folders.map(async (folder) => (await readdir(join(root, folder))).map((name) => `${folder}/${name}`)),
  )
  const files = found.flat().filter((file) => file.endsWith(".yaml"))
  manifests = (await Promise.all(files.map(read))).flat()
})

async function read(file: string): Promise<ReadonlyArray<Manifest>> {
  const documents = parseAllDocuments(await readFile(join(root, file), "utf8"), { uniqueKeys: true })
  if (!Array.isArray(documents)) return []
  for (const { errors, warnings } of documents) expect([...errors, ...warnings]).toStrictEqual([])
  // What of it is looked at is what the tests say.
  return documents.map((document) => ({ file, ...(document.toJS() as Omit<Manifest, "file">) }))
}

const of = (kind: string, folder = "base/") =>
  manifests.filter((manifest) => manifest.kind === kind && manifest.file.startsWith(folder))
const deployment = (name: string, folder?: string) =>
  of("Deployment", folder).find(({ metadata }) => metadata.name === name)!
const containerOf = (manifest: Manifest): Container => manifest.spec.template!.spec.containers[0]!
const argument = ({ args = [] }: Container, name: string): string | undefined =>
  args.find((arg) => arg.startsWith(`--${name}=`))?.slice(name.length + 3)
const isWithin = (few: Readonly<Record<string, unknown>>, many: Readonly<Record<string, unknown>> = {}) =>
  Object.entries(few).every(([key, value]) => many[key] === value)

describe("the manifests", () => {
  test("name each thing once, and kustomize finds its files", () => {
    const names = manifests
      .filter(({ file, kind }) => file.startsWith("base/") && kind !== "Kustomization")
      .map(({ kind, metadata }) => `${kind} ${metadata.name}`)
    expect(new Set(names).size).toBe(names.length)
    const files = new Set(manifests.map(({ file }) => file))
    for (const { file, patches = [], resources = [] } of manifests.filter(({ kind }) => kind === "Kustomization")) {
      for (const path of [...resources, ...patches.map((patch) => patch.path)]) {
        const named = join(dirname(file), path)
        expect(files.has(named) || files.has(join(named, "kustomization.yaml")), `${file}: ${path}`).toBe(true)
      }
    }
    expect(of("Kustomization")[0]?.resources).toHaveLength(5)
  })

  test("select pods that are there, by ports that they have", () => {
    const pods = of("Deployment").map(({ spec }) => spec.template!)
    const selectors = [
      ...of("Service").map(({ spec }) => spec.selector!),
      ...of("Deployment").map(({ spec }) => spec.selector!.matchLabels!),
      ...of("PodDisruptionBudget").map(({ spec }) => spec.selector!.matchLabels!),
      ...of("PodMonitoring").map(({ spec }) => spec.selector!.matchLabels!),
    ]
    expect(selectors.length).toBeGreaterThan(7)
    for (const selector of selectors) {
      expect(
        pods.some(({ metadata }) => isWithin(selector, metadata?.labels)),
        JSON.stringify(selector),
      ).toBe(true)
    }
    for (const { spec } of of("Service")) {
      const selected = pods.filter(({ metadata }) => isWithin(spec.selector!, metadata?.labels))
      expect(selected).toHaveLength(1)
      const ports = selected[0]!.spec.containers[0]!.ports!.map(({ name }) => name)
      for (const { targetPort } of spec.ports!) expect(ports).toContain(targetPort)
    }
    for (const manifest of of("Deployment")) {
      const container = containerOf(manifest)
      const ports = container.ports!.map(({ name }) => name)
      for (const probe of ["readinessProbe", "livenessProbe"] as const) {
        expect(ports).toContain(container[probe]!.httpGet.port)
      }
    }
    for (const { spec } of of("PodMonitoring")) expect(spec.endpoints![0]!.port).toBe("http")
  })

  test("scale what is there", () => {
    const scaled = of("HorizontalPodAutoscaler")
    expect(scaled.map(({ spec }) => spec.scaleTargetRef!.name)).toStrictEqual([
      "gemma-text",
      "gemma-guard",
      "gemma-app",
    ])
    for (const { spec } of scaled) {
      expect(deployment(spec.scaleTargetRef!.name)).toBeDefined()
      expect(spec.minReplicas).toBeLessThanOrEqual(spec.maxReplicas!)
    }
  })

  test("have the app ask the services of the models, at their ports", () => {
    const env = containerOf(deployment("gemma-app")).env!
    for (const [variable, name] of [
      ["TEXT_URL", "gemma-text"],
      ["GUARD_URL", "gemma-guard"],
    ] as const) {
      const url = new URL(env.find((one) => one.name === variable)!.value!)
      const service = of("Service").find(({ metadata }) => metadata.name === name)!
      expect([url.hostname, Number(url.port)]).toStrictEqual([name, service.spec.ports![0]!.port])
    }
    const [{ containerPort } = { containerPort: 0 }] = containerOf(deployment("gemma-app")).ports!
    expect(env.find(({ name }) => name === "PORT")!.value).toBe(String(containerPort))
  })

  test("give each size as many cards as it is split over, and ask for what they are limited to", () => {
    const sizes = [
      ["base/", "google/gemma-2-2b-it", 1],
      ["sizes/9b/", "google/gemma-2-9b-it", 2],
      ["sizes/27b/", "google/gemma-2-27b-it", 4],
    ] as const
    for (const [folder, model, cards] of sizes) {
      const container = containerOf(deployment("gemma-text", folder))
      expect(argument(container, "model")).toBe(model)
      expect(argument(container, "served-model-name")).toBe(model.split("/")[1])
      expect(argument(container, "tensor-parallel-size")).toBe(String(cards))
      expect(container.resources.limits["nvidia.com/gpu"]).toBe(String(cards))
      expect(container.resources.requests).toStrictEqual(container.resources.limits)
    }
    const guard = containerOf(deployment("gemma-guard"))
    expect(argument(guard, "model")).toBe("google/shieldgemma-2b")
    expect(argument(guard, "port")).toBe(String(guard.ports![0]!.containerPort))
  })
})
