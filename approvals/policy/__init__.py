"""The policy engine: facts in, a decision with its whole trace out. Pure; the rows and the storing are in
`approvals.commands.policy`."""
