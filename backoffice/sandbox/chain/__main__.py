"""`python -m backoffice.sandbox.chain --port P --data-dir DIR`: run the sandbox chain until SIGTERM or SIGINT."""

import argparse
import fcntl
import json
import logging
import signal
import sys
import threading
import time
from pathlib import Path

from backoffice.sandbox.chain.carrying import order_methods
from backoffice.sandbox.chain.faults import Faults
from backoffice.sandbox.chain.files import write_atomically
from backoffice.sandbox.chain.follower import Follower, Following
from backoffice.sandbox.chain.funding import Funding
from backoffice.sandbox.chain.genesis import Genesis, load_or_create
from backoffice.sandbox.chain.methods import ethereum_methods
from backoffice.sandbox.chain.miner import Miner
from backoffice.sandbox.chain.mining import MiningNode
from backoffice.sandbox.chain.rpc import Dispatcher
from backoffice.sandbox.chain.sandbox import peer_methods, sandbox_methods
from backoffice.sandbox.chain.server import ChainServer
from backoffice.sandbox.chain.token import authorizations_of

# Started together, the first node may still be making its chain.
LEADER_WITHIN_S = 60.0

logger = logging.getLogger("backoffice.sandbox.chain")


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    options.data_dir.mkdir(parents=True, exist_ok=True)
    with (options.data_dir / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            logger.error("another chain runs in %s", options.data_dir)  # noqa: TRY400 - the sentence says it all
            return 1
        return _serve(options)


def _serve(options: argparse.Namespace) -> int:
    if options.follow:
        return _follow(options)
    genesis = load_or_create(options.data_dir, chain_id=options.chain_id)
    node = MiningNode(options.data_dir, genesis)
    funding = Funding(node, options.data_dir / "funding.jsonl")
    faults = Faults(options.data_dir / "orders.json")
    own = sandbox_methods(node, funding) | peer_methods(node) | order_methods(node, faults, network=node)
    server = ChainServer((options.host, options.port), Dispatcher(node.lock, ethereum_methods(node) | own, faults=faults))
    url = _url(server)
    write_atomically(options.data_dir / "network.json", _network(genesis, url, options.beside), mode=0o644)
    miner = Miner(node, block_time=options.block_time, idle_time=options.idle_time)
    logger.info("chain %s at block %s on %s, token %s", genesis.chain_id, node.height, url, genesis.token_address)
    _until_told(server, miner)
    funding.close()
    node.close()
    return 0


def _follow(options: argparse.Namespace) -> int:
    network = options.follow / "network.json"
    deadline = time.monotonic() + LEADER_WITHIN_S
    while not network.exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    genesis = load_or_create(options.follow, chain_id=options.chain_id)
    first = json.loads(network.read_text(encoding="utf-8"))["networks"][0]["rpc_url"]
    node = Follower(options.data_dir, genesis, leader=options.follow, url=first)
    faults = Faults(options.data_dir / "orders.json")
    methods = ethereum_methods(node) | order_methods(node, faults)
    server = ChainServer((options.host, options.port), Dispatcher(node.lock, methods, faults=faults, before=node.catch_up))
    write_atomically(options.data_dir / "network.json", _network(genesis, _url(server), []), mode=0o644)
    logger.info("following %s at block %s on %s", first, node.height, _url(server))
    _until_told(server, Following(node))
    node.close()
    return 0


def _until_told(server: ChainServer, companion: Miner | Following) -> None:
    """Serve until SIGTERM or SIGINT, the companion thread beside it."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: threading.Thread(target=server.shutdown).start())
    companion.start()
    try:
        server.serve_forever()
    finally:
        companion.stop()
        server.server_close()


def _url(server: ChainServer) -> str:
    host, port = server.server_address[:2]
    return f"http://{host!s}:{port}"


def _network(genesis: Genesis, url: str, beside: list[str]) -> str:
    """What others need to know, in the shape of the signer's SIGNER_NETWORKS."""
    network = {
        "name": "ethereum",
        "chain_id": genesis.chain_id,
        "rpc_url": url,
        "other_rpc_urls": beside,
        "tokens": {"USDC.ethereum": genesis.token_address},
        "authorizations": authorizations_of(genesis.token_bytecode),
        "max_fee_per_gas": "500000000000",
        "max_priority_fee_per_gas": "50000000000",
        "max_gas_limit": 150_000,
    }
    return json.dumps({"networks": [network]}, indent=2) + "\n"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m backoffice.sandbox.chain", description="A real EVM for the sandbox.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True, help="0 takes a free one; network.json in the data directory names it")
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--block-time", type=float, default=2.0, help="seconds between blocks while there is something to confirm")
    parser.add_argument("--idle-time", type=float, default=30.0, help="seconds between blocks otherwise")
    parser.add_argument("--follow", type=Path, help="be a second node of the network whose first node runs in this directory")
    parser.add_argument("--beside", action="append", default=[], help="URL of another node, to be named in network.json")
    parser.add_argument("--chain-id", type=int, default=31337)
    return parser


if __name__ == "__main__":
    sys.exit(main())
