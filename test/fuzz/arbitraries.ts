import fc from 'fast-check'

/** The same cases in every run, so that what fails here fails everywhere; `FUZZ_SEED` looks for others. */
export function seeded(numRuns: number) {
  return { seed: Number(process.env.FUZZ_SEED ?? 20_261_123), numRuns: numRuns * Number(process.env.FUZZ_TIMES ?? 1) }
}

const parts = {
  prototype: ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'valueOf', 'then'],
  values: [
    'true',
    'null',
    'NaN',
    'Infinity',
    '-1',
    '0',
    '1e309',
    '0x10',
    '٣',
    '9'.repeat(400),
    '1.7976931348623157e308',
  ],
  control: [
    '\u0000',
    '\u001b[31m',
    '\u007f',
    '\r',
    '\n',
    '\r\n',
    '\u0085',
    '\u2028',
    '\u2029',
    '\ufeff',
    '\u202e',
    '\ud800',
  ],
  commands: [
    '::error::x',
    '::set-output name=a::b',
    '##[error]x',
    '::add-mask::a',
    '::stop-commands::x',
    '%0A::error::x',
  ],
  paths: [
    '../../etc/passwd',
    '/',
    '..',
    'C:\\',
    's3://a/b?versionId=',
    'pr-7',
    'arn:aws:lambda:::',
    '$LATEST',
    '$(id)',
  ],
  words: [
    'deploy',
    'pause',
    '10% for 5m',
    'p99 duration < 1x stable',
    '%',
    ',',
    ':',
    '“',
    '`',
    '{{',
    `$\{{ secrets.A }}`,
  ],
}

const markup = [
  ...[
    '<script>',
    '<img src=x onerror=y>',
    '</td>',
    '<!--',
    '-->',
    '<details>',
    '&lt;',
    '&#60;',
    '|',
    '\\|',
    '\\',
    '`',
    '``',
  ],
  ...[
    '```',
    '~~~',
    '# ',
    '- ',
    '1. ',
    '> ',
    '---',
    '***',
    '[a](b)',
    '![a](b)',
    '[a]: b',
    '](javascript:alert(1))',
    '@octocat',
  ],
  ...['#1', '$x$', '$$', 'https://example.com/a|b', '<https://a.b>', 'a\tb', '  ', ':tada:', '\u00a0', '"', "'"],
]

/** Texts that somebody chose to do harm, ordinary ones among them, and now and then a very long one. */
export function hostileText(with_: { readonly markup?: boolean } = {}): fc.Arbitrary<string> {
  const pieces = [...Object.values(parts).flat(), ...(with_.markup ? markup : [])]
  const piece = fc.oneof(
    fc.constantFrom(...pieces),
    fc.string({ unit: 'binary', maxLength: 8 }),
    fc.string({ maxLength: 8 }),
  )
  return fc.oneof(
    { weight: 12, arbitrary: fc.array(piece, { maxLength: 8 }).map(all => all.join('')) },
    { weight: 2, arbitrary: fc.constantFrom(...pieces) },
    { weight: 1, arbitrary: fc.tuple(piece, fc.integer({ min: 1, max: 400 })).map(([text, n]) => text.repeat(n)) },
  )
}

/** Any JSON, with names that objects have by themselves among its own. */
export function json(maxDepth = 3): fc.Arbitrary<unknown> {
  const leaf = fc.oneof(
    fc.constantFrom<unknown>(null, true, false, 0, -1, 1.5, 1e21, '', 'closed', [], {}),
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    hostileText(),
  )
  const { value } = fc.letrec(tie => ({
    value: fc.oneof(
      { maxDepth, withCrossShrink: true },
      leaf,
      fc.array(tie('value'), { maxLength: 3 }),
      fc
        .array(fc.tuple(fc.oneof(fc.constantFrom(...parts.prototype), fc.string({ maxLength: 6 })), tie('value')), {
          maxLength: 3,
        })
        // As JSON.parse makes it, where `__proto__` is a member like any other.
        .map(members =>
          JSON.parse(`{${members.map(([name, of]) => `${JSON.stringify(name)}:${JSON.stringify(of)}`).join()}}`),
        ),
    ),
  }))
  return value as fc.Arbitrary<unknown>
}

/** A text in which a few places are cut out, doubled or replaced, as the seed has it. */
export function mutated(text: string, seed: number): string {
  let state = seed
  const next = (below: number) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    return (state >>> 8) % Math.max(1, below)
  }
  const odd = [...parts.control, ...parts.values, ...parts.words, '']
  let now = text
  for (let times = next(4); times >= 0; times--) {
    const at = next(now.length)
    const end = at + next(6)
    const put = [odd[next(odd.length)] ?? '', now.slice(at, end).repeat(2), now.slice(next(now.length)).slice(0, 5)]
    now = now.slice(0, at) + (put[next(put.length)] ?? '') + now.slice(end)
  }
  return now
}
