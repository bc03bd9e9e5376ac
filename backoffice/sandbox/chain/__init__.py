"""The sandbox chain: an EVM behind JSON-RPC, run as a process of its own (`python -m backoffice.sandbox.chain`).

It speaks what a real node speaks, so no rail knows whether it talks to this or to Ethereum. It needs no Django and no database:
all it owns is a directory.

    genesis.json     chain id, first timestamp, the deployer's key (the only one here), the token's bytecode; made at first start
    blocks.jsonl     the journal: one fsynced line per block with its raw transactions. The truth
    funding.jsonl    who was funded by `sandbox_fund`, under which reference, with which raw transactions
    state.sqlite3    what executing the journal leads to. A cache: delete it and it is made again from the journal, hash for hash
    orders.json      the standing fault orders
    network.json     public facts for others: chain id, RPC URL, token address, in the shape that the signer reads

With `--follow DIR` the process is a second node: it executes the journal of the first one into a state of its own.
"""
