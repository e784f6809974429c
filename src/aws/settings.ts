import type { FunctionConfiguration } from '@aws-sdk/client-lambda'
import type { LambdaState } from '../rollout/readiness.ts'
import type { Settings } from '../rollout/settings.ts'

/**
 * The configuration that Lambda describes, in the form in which a request sets it: what only Lambda sets (a VPC's id,
 * a layer's size, the state of a snapshot) is left out.
 */
export function settingsOf(seen: FunctionConfiguration): Settings {
  const { VpcConfig, SnapStart } = seen
  const settings = {
    Architectures: seen.Architectures,
    CapacityProviderConfig: seen.CapacityProviderConfig,
    DeadLetterConfig: seen.DeadLetterConfig,
    Description: seen.Description,
    DurableConfig: seen.DurableConfig,
    Environment: seen.Environment?.Variables && { Variables: seen.Environment.Variables },
    EphemeralStorage: seen.EphemeralStorage,
    FileSystemConfigs: seen.FileSystemConfigs,
    Handler: seen.Handler,
    ImageConfig: seen.ImageConfigResponse?.ImageConfig,
    KMSKeyArn: seen.KMSKeyArn,
    Layers: seen.Layers?.map(layer => layer.Arn),
    LoggingConfig: seen.LoggingConfig,
    MemorySize: seen.MemorySize,
    Role: seen.Role,
    Runtime: seen.Runtime,
    SnapStart: SnapStart?.ApplyOn && { ApplyOn: SnapStart.ApplyOn },
    Timeout: seen.Timeout,
    TracingConfig: seen.TracingConfig,
    VpcConfig: VpcConfig && {
      SubnetIds: VpcConfig.SubnetIds,
      SecurityGroupIds: VpcConfig.SecurityGroupIds,
      Ipv6AllowedForDualStack: VpcConfig.Ipv6AllowedForDualStack,
    },
  }
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined))
}

/** What Lambda says of the state of a function or version. */
export function stateOf(seen: FunctionConfiguration): LambdaState {
  const asksForSnapshot = seen.SnapStart?.ApplyOn === 'PublishedVersions'
  const state = {
    state: seen.State,
    stateReason: seen.StateReason,
    stateReasonCode: seen.StateReasonCode,
    update: seen.LastUpdateStatus,
    updateReason: seen.LastUpdateStatusReason,
    updateReasonCode: seen.LastUpdateStatusReasonCode,
    snapshot: asksForSnapshot ? (seen.SnapStart?.OptimizationStatus ?? 'Off') : undefined,
  }
  return Object.fromEntries(Object.entries(state).filter(([, value]) => value !== undefined))
}
