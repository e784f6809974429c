import type { Form } from './form.ts'

/** What is to be rolled out. */
export type Source =
  | { readonly kind: 'directory' | 'zip'; readonly path: string }
  | { readonly kind: 's3'; readonly bucket: string; readonly key: string; readonly versionId?: string }
  | { readonly kind: 'image'; readonly uri: string }
  | { readonly kind: 'version'; readonly version: string }
  | { readonly kind: 'version-of'; readonly alias: string }

/** What lies at a path in the workspace. */
export type Lies = (path: string) => 'directory' | 'file' | 'nothing'

/** What Lambda takes for the name of an alias. */
export const aliasName = /^(?!^[0-9]+$)[a-zA-Z0-9-_]{1,128}$/

const image = /^\d{12}\.dkr\.ecr\.[a-z0-9-]+\.[a-z.]+\/[^\s:@]+(?::[^\s@]+)?(?:@sha256:[0-9a-f]{64})?$/

/** Reads `artifact` or `version`, of which exactly one must be given. */
export function readSource(form: Form, lies: Lies): Source | undefined {
  const artifact = form.text('artifact')
  const version = form.text('version')
  if (artifact !== undefined && version !== undefined) {
    form.complain(`\`artifact\` (“${artifact}”) and \`version\` (“${version}”) are both set; give one of them`)
    return undefined
  }
  if (version !== undefined) return readVersion(form)
  if (artifact === undefined) {
    form.complain(
      '`artifact` is missing; give what the build made, for example `artifact: dist/`, or a `version` that exists',
    )
    return undefined
  }
  return readArtifact(form, lies, artifact)
}

/** Reads an artifact as it is named. */
export function readArtifact(form: Form, lies: Lies, artifact: string): Source | undefined {
  if (artifact.startsWith('s3://')) return readS3(form, artifact)
  if (image.test(artifact)) return { kind: 'image', uri: artifact }
  const found = lies(artifact)
  if (found === 'directory') return { kind: 'directory', path: artifact }
  if (found === 'file' && artifact.toLowerCase().endsWith('.zip')) return { kind: 'zip', path: artifact }
  form.complain(
    found === 'nothing'
      ? `\`artifact\` is “${artifact}”, and nothing lies there; build it in an earlier step, or correct the path (a directory, a .zip, s3://bucket/key or an ECR image)`
      : `\`artifact\` is “${artifact}”, a file that is no .zip; give a directory, a .zip, s3://bucket/key or an ECR image`,
  )
  return undefined
}

/** Reads `version`, where it is given. */
export function readVersion(form: Form): Extract<Source, { kind: 'version' | 'version-of' }> | undefined {
  const version = form.text('version')
  if (version === undefined) return undefined
  if (/^[1-9]\d*$/.test(version)) return { kind: 'version', version }
  if (aliasName.test(version)) return { kind: 'version-of', alias: version }
  form.complain(
    `\`version\` is “${version}”; give a published version's number, for example \`7\`, or an alias, for example \`staging\``,
  )
  return undefined
}

function readS3(form: Form, artifact: string): Source | undefined {
  const [, bucket, key = '', query = ''] =
    /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])\/([^?]+)(?:\?(.*))?$/.exec(artifact) ?? []
  const parameters = new URLSearchParams(query)
  const versionId = parameters.get('versionId')
  const strange = [...parameters.keys()].filter(name => name !== 'versionId')
  if (bucket === undefined || strange.length > 0 || versionId === '') {
    form.complain(
      `\`artifact\` is “${artifact}”; an S3 object is written \`s3://bucket/key\` or \`s3://bucket/key?versionId=…\``,
    )
    return undefined
  }
  return { kind: 's3', bucket, key, ...(versionId !== null && { versionId }) }
}
