import { type Command, parseCommand } from './command.ts'

/** What the page of a run shows beside its log. */
export type Annotation = {
  readonly level: 'error' | 'warning' | 'notice'
  readonly message: string
  readonly title?: string
}

/**
 * The log of a step: takes what the step writes, does the commands in it and shows the rest, secrets masked.
 * It does without problem matchers, `echo` and the encoded forms of secrets. After
 * https://github.com/actions/runner/blob/main/src/Runner.Worker/ActionCommandManager.cs
 */
export class StepLog {
  /** Ten of a level at most, 4096 characters each: the rest is in the log only. */
  readonly annotations: Annotation[] = []
  /** What `add-mask` named. */
  readonly masks: string[] = []
  /** Set by commands that are deprecated and still work; today's way are files. */
  readonly outputs: Record<string, string> = {}
  readonly state: Record<string, string> = {}
  /** A command could not be done: the step has failed, whatever its exit code. */
  failed = false

  readonly #secrets: Set<string>
  readonly #debug: boolean
  readonly #show: (line: string) => void
  #stopToken: string | undefined

  constructor(options: {
    readonly secrets: readonly string[]
    readonly debug: boolean
    readonly show: (line: string) => void
  }) {
    this.#secrets = new Set(options.secrets)
    this.#debug = options.debug
    this.#show = options.show
  }

  /** One line of stdout or stderr; a command counts in both. */
  read(line: string): void {
    const stopped = this.#stopToken
    const command = parseCommand(line, stopped === undefined ? commandNames : [...commandNames, stopped])
    if (command && stopped === undefined) {
      this.#obey(command, line)
    } else {
      this.#write(line)
      if (command?.name === stopped) this.#stopToken = undefined
    }
  }

  /** An annotation, asked for by a command or found necessary by the runner itself. */
  raise(annotation: Annotation): void {
    const message = this.mask(annotation.message).slice(0, 4096)
    const before = this.annotations.filter(({ level }) => level === annotation.level)
    if (before.length < 10) this.annotations.push({ ...annotation, message })
    if (message) this.#write(`##[${annotation.level}]${message}`)
  }

  /** Something that the runner could not process, and why. */
  fail(what: string, because: string): void {
    this.raise({ level: 'error', message: `Unable to process ${what} successfully.` })
    this.raise({ level: 'error', message: because })
    this.failed = true
  }

  /** The text with `***` for each secret; secrets that overlap or touch become one. */
  mask(text: string): string {
    const hidden = new Set<number>()
    for (const secret of this.#secrets) {
      for (let at = text.indexOf(secret); at >= 0; at = text.indexOf(secret, at + 1)) {
        for (let i = at; i < at + secret.length; i++) hidden.add(i)
      }
    }
    const masked = (character: string, i: number) => (!hidden.has(i) ? character : hidden.has(i - 1) ? '' : '***')
    return hidden.size === 0 ? text : text.split('').map(masked).join('')
  }

  #write(line: string): void {
    this.#show(this.mask(line))
  }

  #obey({ name, properties, data }: Command, line: string): void {
    switch (name) {
      case 'error':
      case 'warning':
      case 'notice':
        this.raise({ level: name, message: data, ...(properties.title && { title: properties.title }) })
        break
      case 'debug':
        if (this.#debug) this.#write(`##[debug]${data}`)
        break
      case 'group':
        this.#write(`##[group]${data}`)
        break
      case 'endgroup':
        this.#write('##[endgroup]')
        break
      case 'add-mask':
        this.#addMask(data)
        break
      case 'stop-commands':
        this.#stop(data, line)
        break
      case 'set-output':
        if (properties.name) this.outputs[properties.name] = data
        break
      case 'save-state':
        if (properties.name) this.state[properties.name] = data
        break
      case 'set-env':
      case 'add-path':
        this.fail(`command '${line}'`, `The \`${name}\` command is disabled.`)
        break
    }
  }

  #addMask(secret: string): void {
    const lines = secret.split(/[\r\n]+/).map(line => line.trim())
    if (lines.every(line => line === '')) {
      this.raise({ level: 'warning', message: "Can't add secret mask for empty string in ##[add-mask] command." })
      return
    }
    this.masks.push(secret)
    for (const part of [secret, ...lines]) if (part) this.#secrets.add(part)
  }

  #stop(token: string, line: string): void {
    if (['', 'pause-logging', ...commandNames].includes(token.toLowerCase())) {
      this.fail(`command '${line}'`, `'${token}' cannot be an endToken.`)
      return
    }
    this.#stopToken = token.toLowerCase()
    if (token.length > 6) this.#secrets.add(token)
    this.#write(line)
  }
}

const commandNames = [
  ...['error', 'warning', 'notice', 'debug', 'group', 'endgroup', 'add-mask', 'stop-commands', 'echo'],
  ...['set-output', 'save-state', 'set-env', 'add-path', 'add-matcher', 'remove-matcher'],
]
