import { parseDuration } from '../duration.ts'

const longestProblem = 1_000

/** The step's inputs, and what is wrong with them. Empty means absent. */
export class Form {
  readonly problems: string[] = []
  readonly #get: (name: string) => string

  constructor(get: (name: string) => string) {
    this.#get = get
  }

  text(name: string): string | undefined {
    const value = this.#get(name).trim()
    return value === '' ? undefined : value
  }

  lines(name: string): readonly string[] {
    const lines = (this.text(name) ?? '').split('\n').map(line => line.trim())
    return lines.filter(line => line !== '')
  }

  choice<T extends string>(name: string, choices: readonly T[], otherwise: T): T {
    const value = this.text(name) ?? otherwise
    const chosen = choices.find(choice => choice.toLowerCase() === value.toLowerCase())
    if (chosen !== undefined) return chosen
    this.complain(`\`${name}\` is “${value}”; it must be ${choices.map(choice => `\`${choice}\``).join(' or ')}`)
    return otherwise
  }

  duration(name: string, otherwise: string): number {
    const value = this.text(name) ?? otherwise
    const ms = parseDuration(value)
    if (ms !== undefined && ms > 0) return ms
    this.complain(
      `\`${name}\` is “${value}”, which is no time; write for example \`${otherwise}\`, \`30s\` or \`1h30m\``,
    )
    return parseDuration(otherwise) ?? 0
  }

  /** A percentage over 0 and under 100, as a fraction. */
  percentage(name: string, otherwise: string): number {
    const text = this.text(name) ?? otherwise
    const [, digits] = /^(\d+(?:\.\d+)?)\s*%?$/.exec(text) ?? []
    const fraction = Number((Number(digits) / 100).toFixed(6))
    if (fraction > 0 && fraction < 1) return fraction
    this.complain(`\`${name}\` is “${text}”; write a percentage over 0 and under 100, for example \`10\` or \`0.5%\``)
    return 0.1
  }

  /** A whole number from `least` on. */
  count(name: string, otherwise: number, least = 0): number {
    const text = this.text(name) ?? String(otherwise)
    if (/^\d+$/.test(text) && Number(text) >= least) return Number(text)
    const example = otherwise === 0 ? 100 : otherwise
    const from = least === 0 ? '' : ` from ${least} on`
    this.complain(`\`${name}\` is “${text}”; write a whole number${from}, for example \`${example}\``)
    return otherwise
  }

  /** The ARN of a role, where it is set. */
  roleArn(name: string, example: string): string | undefined {
    const arn = this.text(name)
    if (arn !== undefined && !/^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]+$/.test(arn)) {
      this.complain(
        `\`${name}\` is “${arn}”; write the ARN of a role, for example \`arn:aws:iam::111122223333:role/${example}\``,
      )
    }
    return arn
  }

  /** `true` or `false`, and `false` where it is not set. */
  flag(name: string): boolean {
    return this.choice(name, ['true', 'false'] as const, 'false') === 'true'
  }

  /** For inputs that nothing of what was asked for would read. */
  refuseAll(names: readonly string[], because: string): void {
    for (const name of names) this.refuse(name, because)
  }

  /** For an input that nothing of what was asked for would read. */
  refuse(name: string, because: string): void {
    if (this.text(name) !== undefined) this.complain(`\`${name}\` is set, but ${because}; leave it out`)
  }

  /** Whether something is wrong with this input, so that nothing can be said of those that depend on it. */
  isWrong(name: string): boolean {
    return this.problems.some(problem => problem.startsWith(`\`${name}\` `))
  }

  /** What is quoted in it may be as long as an input; what nobody would read is cut. */
  complain(problem: string): void {
    this.problems.push(problem.length <= longestProblem ? problem : `${problem.slice(0, longestProblem)}…`)
  }
}
