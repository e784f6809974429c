import { parseConfiguration } from './configuration.ts'
import type { Form } from './form.ts'
import { isPreview } from './rollout/preview.ts'
import type { Settings } from './rollout/settings.ts'
import { type Lies, readSource, type Source } from './source.ts'

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

/** Reads what is to become a version. `says` is what its description says where nobody gives one, after `prefix`. */
export async function readMaking(
  form: Form,
  { lies, read }: Workspace,
  { prefix = '', says }: { readonly prefix?: string; readonly says: string },
): Promise<Making & { readonly source: Source | undefined }> {
  const source = readSource(form, lies)
  refuseUnused(form, source)
  return {
    source,
    configuration: await readConfiguration(form),
    versionDescription: readDescription(form, prefix, says),
    uploadBucket: readBucket(form),
    smokeTest: readSmokeTest(form, read),
    readyTimeoutMs: form.duration('ready-timeout', '15m'),
  }
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

/** Lambda allows a description of at most 256 characters. */
const longestDescription = 256

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
function refuseUnused(form: Form, source: Source | undefined): void {
  if (source?.kind === 'version' || source?.kind === 'version-of') {
    const because = '`version` rolls out a version as it was published'
    form.refuseAll(['configuration', 'version-description', 'upload-bucket'], because)
  }
  if (source?.kind === 's3' || source?.kind === 'image') {
    form.refuse('upload-bucket', 'the artifact already lies where Lambda takes it from')
  }
}
