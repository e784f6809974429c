import { longestDescription } from '../rollout/journal.ts'
import { isPreview } from '../rollout/preview.ts'
import type { Settings } from '../rollout/settings.ts'
import { parseConfiguration } from './configuration.ts'
import type { Form } from './form.ts'
import { type Lies, readArtifact, readSource, type Source } from './source.ts'

/** What is to become a version, and how. */
export type Making = {
  readonly configuration: Settings
  readonly versionDescription: string
  readonly uploadBucket: { readonly bucket: string; readonly prefix: string } | undefined
  /** JSON that the version is invoked with before it gets traffic. */
  readonly smokeTest: string | undefined
  readonly readyTimeoutMs: number
}

/** What lies in the workspace. */
export type Workspace = {
  readonly lies: Lies
  /** The text of a file; undefined when there is none. */
  readonly read: (path: string) => string | undefined
}

/** The inputs that `readMaking` reads. */
export const makingInputs = [
  ...['artifact', 'upload-bucket', 'version', 'configuration', 'version-description', 'smoke-test', 'ready-timeout'],
]

/**
 * How versions are described where nobody says so, after `prefix`; and the artifacts that functions have of their own.
 */
export type Described = {
  readonly prefix?: string
  readonly says: string
  readonly own: readonly (string | undefined)[]
}

/** Reads what is to become a version: of each function, in the order of `own`. */
export async function readMaking(
  form: Form,
  { lies, read }: Workspace,
  { prefix = '', says, own }: Described,
): Promise<Making & { readonly sources: readonly (Source | undefined)[] }> {
  const sources = readSources(form, lies, own)
  refuseUnused(form, sources)
  return {
    sources,
    configuration: await readConfiguration(form),
    versionDescription: readDescription(form, prefix, says),
    uploadBucket: readBucket(form),
    smokeTest: readSmokeTest(form, read),
    readyTimeoutMs: form.duration('ready-timeout', '15m'),
  }
}

/** The artifact of each function: its own, or the one for all. */
function readSources(form: Form, lies: Lies, own: readonly (string | undefined)[]): readonly (Source | undefined)[] {
  const isOwn = own.every(artifact => artifact !== undefined)
  if (isOwn) form.refuseAll(['artifact', 'version'], 'every line of `function-name` has an artifact of its own')
  const shared = isOwn ? undefined : readSource(form, lies)
  if (shared?.kind === 'version' && own.length > 1) {
    form.complain(
      `\`version\` is “${shared.version}”, and every function counts its own versions; name an alias whose versions to take, for example \`staging\``,
    )
  }
  const sources = own.map(artifact => (artifact === undefined ? shared : readArtifact(form, lies, artifact)))
  if (sources.some(isVersion) && !sources.every(isVersion)) {
    form.complain('`version` is set, and lines of `function-name` have artifacts; give one or the other')
  }
  return sources
}

function isVersion(source: Source | undefined): boolean {
  return source?.kind === 'version' || source?.kind === 'version-of'
}

function readBucket(form: Form): Making['uploadBucket'] {
  const text = form.text('upload-bucket')
  if (text === undefined) return undefined
  const [, bucket, prefix = ''] = /^([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/.exec(text) ?? []
  if (bucket !== undefined) return { bucket, prefix: prefix.replace(/\/+$/, '') }
  form.complain(`\`upload-bucket\` is “${text}”; write \`bucket\` or \`bucket/prefix\``)
  return undefined
}

/** JSON as it stands, or a file of it. */
function readSmokeTest(form: Form, read: Workspace['read']): string | undefined {
  const text = form.text('smoke-test')
  if (text === undefined || isJson(text)) return text
  const content = read(text)
  if (content !== undefined && isJson(content)) return content
  const why = content === undefined ? 'which is neither JSON nor a file' : 'a file that holds no JSON'
  form.complain(`\`smoke-test\` is “${text}”, ${why}; write for example \`{"ping": true}\``)
  return undefined
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

async function readConfiguration(form: Form): Promise<Settings> {
  const text = form.text('configuration')
  if (text === undefined) return {}
  const { settings, problems } = await parseConfiguration(text)
  for (const problem of problems) form.complain(problem)
  return settings
}

function readDescription(form: Form, prefix: string, says: string): string {
  const given = form.text('version-description')
  const room = longestDescription - prefix.length
  if (given !== undefined && given.length > room) {
    const beside = prefix === '' ? '' : `, of which “${prefix}” takes ${prefix.length}`
    form.complain(
      `\`version-description\` has ${given.length} characters; Lambda allows ${longestDescription}${beside}, so shorten it`,
    )
  }
  if (given !== undefined && prefix === '' && isPreview(given)) {
    form.complain(
      `\`version-description\` is “${given}”, which is how the versions of previews begin, and those are deleted; write something else`,
    )
  }
  return `${prefix}${given ?? says}`.slice(0, longestDescription)
}

/** An input that the source does not use is refused, not ignored. */
function refuseUnused(form: Form, sources: readonly (Source | undefined)[]): void {
  if (sources.every(isVersion)) {
    const because = '`version` rolls out a version as it was published'
    form.refuseAll(['configuration', 'version-description', 'upload-bucket'], because)
  }
  if (sources.every(source => source?.kind === 's3' || source?.kind === 'image')) {
    form.refuse('upload-bucket', 'the artifact already lies where Lambda takes it from')
  }
}
