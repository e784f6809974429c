import { tmpdir } from 'node:os'
import { expect, test } from 'vitest'
import { type SeenRequest, type Told, transcript } from './transcript.ts'

const origin = Date.UTC(2026, 10, 23, 10)

test('a transcript tells a run from top to bottom, each request where it was made', () => {
  const text = transcript({
    log: ['Reading the alias', 1, '##[group]Shift to 10 %', 2, 3, '##[endgroup]', 'Done at 2026-11-23T10:05:00.500Z'],
    requests: [
      seen({ sequence: 3, operation: 'GetAlias', at: origin + 300_500, input: { Name: 'live' } }),
      seen({ sequence: 1, operation: 'GetAlias', input: { FunctionName: 'orders', Name: 'live' } }),
      seen({
        sequence: 2,
        at: origin + 15_000,
        operation: 'UpdateAlias',
        input: { RoutingConfig: { AdditionalVersionWeights: { '8': 0.1 } }, RevisionId: uuid(7) },
        status: 'none',
        fault: 'answer lost',
      }),
    ],
    outputs: { result: 'promoted', reason: 'two\nlines' },
    summary: '# Promoted\n\nto 8\n',
    origin,
  })
  expect(text).toBe(`Reading the alias
    +0:00 lambda GetAlias { FunctionName: 'orders', Name: 'live' } → 200
##[group]Shift to 10 %
    +0:15 lambda UpdateAlias { RoutingConfig: { AdditionalVersionWeights: { '8': 0.1 } }, RevisionId: '<rev:1>' } → no answer [answer lost]
    +5:00.500 lambda GetAlias { Name: 'live' } → 200
##[endgroup]
Done at 2026-11-23T10:05:00.500Z

── outputs ─────────────────────────────────────────────────────
result: promoted
reason: two
    lines

── summary ─────────────────────────────────────────────────────
# Promoted

to 8
`)
})

test('it is the same for another order of arrival, other ids, ports and folders', () => {
  function told(variant: number): string {
    const requests = [
      seen({
        sequence: 1,
        seq: 1,
        input: { RevisionId: uuid(variant) },
        status: 412,
        error: 'PreconditionFailedException',
      }),
      seen({ sequence: 2, seq: 2, input: { RevisionId: uuid(variant + 1) } }),
      seen({ sequence: 3, seq: 3, input: { RevisionId: uuid(variant) } }),
    ]
    return tell({
      log: `at http://127.0.0.1:${4000 + variant}/x\nfrom ${tmpdir()}/run-${variant}/dist/a.js`,
      requests: variant === 1 ? requests : requests.reverse(),
      outputs: { result: 'failed' },
    })
  }
  expect(told(1)).toBe(told(5))
  expect(told(1).split('\n').slice(0, 5)).toEqual([
    'at http://127.0.0.1:<port>/x',
    'from <temp>/dist/a.js',
    "    +0:00 lambda GetAlias { RevisionId: '<rev:1>' } → 412 PreconditionFailedException",
    "    +0:00 lambda GetAlias { RevisionId: '<rev:2>' } → 200",
    "    +0:00 lambda GetAlias { RevisionId: '<rev:1>' } → 200",
  ])
})

test('it keeps hashes and descriptions whole, and cuts what nobody would read', () => {
  const sha256 = '47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='
  const description = 'd'.repeat(256)
  const text = tell({
    requests: [
      seen({ input: { sha256, description } }),
      seen({ input: { ZipFile: 'UEsDB'.repeat(2_000), Body: [new Uint8Array(9)] } }),
    ],
  })
  expect(text).toContain(`{ sha256: '${sha256}', description: '${description}' }`)
  expect(text).toContain(`{ ZipFile: '${'UEsDB'.repeat(8)}… (10000 characters)', Body: [ '(9 bytes)' ] }`)
})

test('it says of a request that it reached no server, and forgets none that has no number', () => {
  const text = tell({
    log: ['start', 1, 'end'],
    requests: [
      seen({ seq: 2, operation: 'GetFunction', input: undefined }),
      seen({ seq: 1, operation: 'ListAliases', input: undefined }),
    ],
  })
  expect(text).toBe(
    'start\n    request 1 reached no server\nend\n    +0:00 lambda ListAliases → 200\n    +0:00 lambda GetFunction → 200\n',
  )
})

test("it makes the caller's own replacements first", () => {
  const replace = [
    [/took \d+ ms/g, 'took a while'],
    [uuid(3), 'the id of the run'],
  ] as const
  expect(tell({ log: `took 12 ms, took 3 ms, ${uuid(3)}`, replace })).toBe(
    'took a while, took a while, the id of the run\n',
  )
})

function tell(told: Partial<Told>): string {
  return transcript({ log: '', requests: [], outputs: {}, origin, ...told })
}

function seen(request: Partial<SeenRequest>): SeenRequest {
  return { seq: 1, at: origin, service: 'lambda', operation: 'GetAlias', input: {}, status: 200, ...request }
}

function uuid(n: number): string {
  return `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`
}
