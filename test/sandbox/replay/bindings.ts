/** What the placeholders of one scenario stand for. */
export interface Bindings {
  /** The text with its placeholders filled in; those that are not bound yet get a value of their own. */
  fill(text: string): string
  /** Binds the placeholders of a recorded text to an actual one; says what is wrong, or nothing. */
  match(recorded: string, actual: string): string | undefined
}

const placeholder = /<[a-z0-9_-]+(?::\d+)?>/g
const stamp = '(MM/DD/YY HH:MM:SS)'

/** Bindings that start with these. Different numbers of one kind are different values. */
export function newBindings(known: Readonly<Record<string, string>>): Bindings {
  const values = new Map(Object.entries(known))

  function choose(name: string): string {
    const words = name.replace(/[<>]/g, '').replace(/[:_]/g, '-')
    const chosen = name === '<topic_ok>' ? 'arn:aws:sns:eu-west-1:111111111111:topic-ok' : `a-${words}`
    values.set(name, chosen)
    return chosen
  }

  function bind(name: string, value: string): string | undefined {
    const kind = name.split(':')[0]
    const twin = [...values].find(([other, taken]) => other !== name && other.split(':')[0] === kind && taken === value)
    if (twin) return `${name} and ${twin[0]} are both ${value}`
    values.set(name, value)
    return undefined
  }

  return {
    fill: text => text.replace(placeholder, name => values.get(name) ?? choose(name)),
    match: (recorded, actual) => {
      const unbound: string[] = []
      const pattern = recorded
        .split(/(<[a-z0-9_-]+(?::\d+)?>|\(MM\/DD\/YY HH:MM:SS\))/)
        .map(part => {
          if (part === stamp) return '\\(\\d\\d/\\d\\d/\\d\\d \\d\\d:\\d\\d:\\d\\d\\)'
          if (!/^<[a-z0-9_-]+(?::\d+)?>$/.test(part)) return literal(part)
          const bound = values.get(part)
          if (bound !== undefined) return literal(bound)
          if (unbound.includes(part)) return `\\${unbound.indexOf(part) + 1}`
          unbound.push(part)
          return '(.+?)'
        })
        .join('')
      const found = new RegExp(`^${pattern}$`, 's').exec(actual)
      if (!found)
        return `expected ${recorded} (here ${recorded.replace(placeholder, n => values.get(n) ?? n)}), got ${actual}`
      return unbound.map((name, index) => bind(name, found[index + 1] ?? '')).find(problem => problem !== undefined)
    },
  }
}

/** A pattern for exactly this text. */
function literal(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')
}
