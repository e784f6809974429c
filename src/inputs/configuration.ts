import { isRecord, type Settings } from '../rollout/settings.ts'

type Shape = 'text' | 'number' | 'list' | 'members'

/** The members of UpdateFunctionConfiguration and, for UpdateFunctionCode, `Architectures`. */
const shapes: Readonly<Record<string, Shape>> = {
  Architectures: 'list',
  CapacityProviderConfig: 'members',
  DeadLetterConfig: 'members',
  Description: 'text',
  DurableConfig: 'members',
  Environment: 'members',
  EphemeralStorage: 'members',
  FileSystemConfigs: 'list',
  Handler: 'text',
  ImageConfig: 'members',
  KMSKeyArn: 'text',
  Layers: 'list',
  LoggingConfig: 'members',
  MemorySize: 'number',
  Role: 'text',
  Runtime: 'text',
  SnapStart: 'members',
  Timeout: 'number',
  TracingConfig: 'members',
  VpcConfig: 'members',
}

const examples: Readonly<Record<Shape, string>> = {
  text: 'a text',
  number: 'a whole number',
  list: 'a list, such as [arm64]',
  members: 'members, such as { Size: 1024 }',
}

/** Reads `configuration`: YAML or JSON under Lambda's own member names. No message ever shows a value of it. */
export async function parseConfiguration(text: string): Promise<{ settings: Settings; problems: readonly string[] }> {
  const parsed = await parseYaml(text)
  if (typeof parsed === 'string') return { settings: {}, problems: [parsed] }
  const problems = Object.entries(parsed).flatMap(([name, value]) => problemsOf(name, value))
  return { settings: parsed, problems }
}

/** The members that the text holds, or what is wrong with it; the parser's own words would quote the text. */
async function parseYaml(text: string): Promise<Settings | string> {
  const { parseDocument } = await import('yaml')
  const document = parseDocument(text)
  const [{ line } = { line: 0 }] = document.errors[0]?.linePos ?? document.warnings[0]?.linePos ?? []
  const where = line === 0 ? '' : ` (line ${line})`
  if (document.errors.length > 0) {
    return `\`configuration\` is neither YAML nor JSON${where}; write for example \`MemorySize: 512\``
  }
  if (document.warnings.length > 0) {
    return `\`configuration\` has a YAML tag that means nothing here${where}; write the value itself`
  }
  try {
    const parsed: unknown = document.toJS({ maxAliasCount: 100 })
    return isRecord(parsed) ? parsed : '`configuration` must hold members, for example `MemorySize: 512`'
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error
    return '`configuration` has a YAML alias that leads nowhere or too far; write the value itself'
  }
}

function problemsOf(name: string, value: unknown): readonly string[] {
  const shape = Object.hasOwn(shapes, name) ? shapes[name] : undefined
  if (shape === undefined) {
    const meant = Object.keys(shapes).find(known => known.toLowerCase() === name.toLowerCase())
    const advice = meant === undefined ? `it can be ${Object.keys(shapes).join(', ')}` : `write it \`${meant}\``
    return [`\`configuration\` names \`${name}\`, which is no member of Lambda's function configuration; ${advice}`]
  }
  if (!hasShape(value, shape)) return [`\`configuration\` must give \`${name}\` ${examples[shape]}`]
  return name === 'Environment' ? problemsOfEnvironment(value) : []
}

function hasShape(value: unknown, shape: Shape): boolean {
  switch (shape) {
    case 'text':
      return typeof value === 'string'
    case 'number':
      return Number.isInteger(value)
    case 'list':
      return Array.isArray(value)
    case 'members':
      return isRecord(value)
  }
}

/** Values are texts; YAML reads `8080` and `true` as something else, and guessing would turn `010` into `8`. */
function problemsOfEnvironment(environment: unknown): readonly string[] {
  const variables = isRecord(environment) ? environment.Variables : undefined
  if (!isRecord(variables))
    return [
      '`configuration` must give `Environment` its `Variables`, for example `Environment: { Variables: { STAGE: live } }`',
    ]
  const wrong = Object.entries(variables).filter(([, value]) => typeof value !== 'string' && value !== null)
  return wrong.map(
    ([name]) =>
      `\`configuration\` gives the environment variable \`${name}\` a value that is no text; put it in quotes, for example \`${name}: "…"\` (or null to remove it)`,
  )
}
