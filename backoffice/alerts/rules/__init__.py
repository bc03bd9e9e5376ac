"""What is worth waking somebody for. One module per kind of cause; each rule finds its causes and says why one is gone."""

from backoffice.alerts.rules import (
    breaks,
    liquidity,
    nodes,
    nonces,
    overdrafts,
    positions,
    processes,
    proofs,
    providers,
    reorgs,
    sealing,
    sweeps,
    synthetic,
    time_in_state,
    webhooks,
)
from backoffice.alerts.rules.base import Rule


def all_rules() -> list[Rule]:
    return [
        *time_in_state.rules(),
        processes.DeadProcesses(),
        breaks.OverdueBreaks(),
        nodes.NodesDisagree(),
        nonces.StuckNonces(),
        reorgs.AfterPayout(),
        reorgs.Unproved(),
        reorgs.WatchBroken(),
        overdrafts.OpenOverdrafts(),
        liquidity.Levels(),
        sweeps.FailedSweeps(),
        positions.Unexplained(),
        providers.OutOfUse(),
        providers.WalledOff(),
        providers.NoReference(),
        proofs.BrokenProofs(),
        proofs.LateProofs(),
        synthetic.HealthChecks(),
        sealing.Sealing(),
        sealing.Anchoring(),
        webhooks.FailingEndpoints(),
        webhooks.UnsentMessages(),
        webhooks.LateReceipts(),
    ]
