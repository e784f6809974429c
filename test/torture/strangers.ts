import type { Account } from './account.ts'

/** Who else may have his hands on the function, and what he does. */
export const strangers: Readonly<Record<string, (account: Account, alias: string) => Promise<void>>> = {
  'cli-version': async (account, alias) => {
    await account.update(
      'person',
      { FunctionVersion: '1', RoutingConfig: { AdditionalVersionWeights: {} }, Description: 'by hand' },
      alias,
    )
  },
  'cli-version-silent': async (account, alias) => {
    await account.update('person', { FunctionVersion: '1' }, alias)
  },
  'cli-weights': async (account, alias) => {
    await account.update('person', { RoutingConfig: { AdditionalVersionWeights: { 2: 0.3 } } }, alias)
  },
  'cli-description': async (account, alias) => {
    await account.update('person', { Description: 'do not touch' }, alias)
  },
  'cli-same': async (account, alias) => {
    await account.update('person', {}, alias)
  },
  'cli-delete': async (account, alias) => {
    await account.call('person', 'DELETE', `/2015-03-31/functions/orders/aliases/${alias}`)
  },
  codedeploy: async (account, alias) => {
    const { version } = (await account.alias(alias)) ?? { version: '3' }
    const other = version === '1' ? '2' : '1'
    await account.update(
      'codedeploy',
      { FunctionVersion: version, RoutingConfig: { AdditionalVersionWeights: { [other]: 0.1 } } },
      alias,
    )
  },
  'newer-run': async (account, alias) => {
    const { version } = (await account.alias(alias)) ?? { version: '3' }
    const other = version === '2' ? '1' : '2'
    const Description = `lambda-rollout ${version}; candidate ${other} rolling since 2026-11-23T10:05Z; octo/orders@feedbac run 988.1`
    await account.update(
      'newer-run',
      { RoutingConfig: { AdditionalVersionWeights: { [other]: 0.1 } }, Description },
      alias,
    )
  },
  'newer-run-promoted': async (account, alias) => {
    const Description = `lambda-rollout 2 after 3; octo/orders@feedbac run 988.1`
    await account.update(
      'newer-run',
      { FunctionVersion: '2', RoutingConfig: { AdditionalVersionWeights: {} }, Description },
      alias,
    )
  },
  'latest-changed': async account => {
    await account.call('person', 'PUT', '/2015-03-31/functions/orders/configuration', { MemorySize: 512 })
  },
  published: async account => {
    await account.call('person', 'POST', '/2015-03-31/functions/orders/versions', {})
  },
}
