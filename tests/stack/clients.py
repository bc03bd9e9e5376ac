"""A client of the API and the books behind it, as the tests on the running stack see them."""

import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from redis import Redis

from audit.identity import new_reference
from tests.stack.harness import RunningStack

USDC = 10**6
# Nobody answered, or not now.
_TRY_AGAIN = (0, 503)


@dataclass(frozen=True)
class Books:
    """What the ledger says about one transfer: net movement per account in minor units, credits less debits for liabilities and the
    other way round for assets (as each account counts), postings by kind, and what is still on hold."""

    moved: dict[str, int]
    postings: dict[str, int]
    on_hold: int


class Client:
    """`acme` over HTTP, with its own key."""

    def __init__(self, stack: RunningStack, name: str = "acme") -> None:
        self._stack, self.name = stack, name
        self._headers = {"Authorization": f"Bearer {stack.demo['api_keys'][name]}", "Content-Type": "application/json"}

    def withdraw(self, amount: str, *, to_bank: bool = False, key: str = "") -> dict[str, Any]:
        """Create a withdrawal; asserts that it was accepted. "Try again" is taken at its word, under the same key: on a machine
        that is busy with other tests nobody may have a price at once."""
        order, key, answers = self.order(amount, to_bank=to_bank), key or new_reference(), list[tuple[int, dict[str, Any]]]()

        def answered() -> bool:
            answers.append(self.post("/v1/transfers", order, key))
            return answers[-1][0] not in _TRY_AGAIN

        self._stack.wait_until(answered, f"an answer to {amount}")
        status, body = answers[-1]
        assert status == 201, body
        return body

    def order(self, amount: str, *, to_bank: bool = False) -> dict[str, Any]:
        destinations = self._stack.demo["destinations"][self.name]
        kind, target = ("bank_account", "MXN") if to_bank else ("crypto_address", "USDC")
        return {"source_currency": "USDC", "target_currency": target, "amount": amount, "destination": destinations[kind]}

    def post(self, path: str, body: dict[str, Any], key: str) -> tuple[int, dict[str, Any]]:
        headers = {**self._headers, "Idempotency-Key": key}
        request = urllib.request.Request(self._stack.url + path, json.dumps(body).encode(), headers)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)
        except OSError:
            return 0, {}

    def delete(self, path: str) -> int:
        request = urllib.request.Request(self._stack.url + path, headers=self._headers, method="DELETE")
        with urllib.request.urlopen(request, timeout=30) as answer:
            return int(answer.status)

    def get(self, transfer_id: str) -> dict[str, Any]:
        answers = list[tuple[int, str]]()

        def answered() -> bool:
            answers.append(self._stack.get(f"/v1/transfers/{transfer_id}", self._headers))
            return answers[-1][0] not in _TRY_AGAIN

        self._stack.wait_until(answered, f"an answer about {transfer_id}")
        status, body = answers[-1]
        assert status == 200, body
        found: dict[str, Any] = json.loads(body)
        return found

    def available(self) -> Decimal:
        _, body = self._stack.get("/v1/balances", self._headers)
        return Decimal(next(row["available"] for row in json.loads(body)["data"] if row["asset"] == "USDC.ethereum"))

    def wait_for(self, transfer_id: str, status: str, timeout_s: float = 60.0) -> dict[str, Any]:
        self._stack.wait_until(lambda: self.get(transfer_id)["status"] == status, f"{transfer_id} to be {status}", timeout_s)
        return self.get(transfer_id)


def books(stack: RunningStack, transfer_id: str) -> Books:
    """Read as the owner, by SQL, past all code of ours."""
    moved = stack.query(
        """
        SELECT account.code,
               sum(CASE WHEN account.type IN ('asset', 'expense') THEN debit - credit ELSE credit - debit END)
        FROM ledger_entry entry
        JOIN ledger_ledgertransaction posting ON posting.id = entry.transaction_id
        JOIN ledger_account account ON account.id = entry.account_id
        WHERE posting.transaction_id = %s GROUP BY account.code
        """,
        [transfer_id],
    )
    postings = stack.query(
        "SELECT kind, count(*) FROM ledger_ledgertransaction WHERE transaction_id = %s GROUP BY kind", [transfer_id]
    )
    held = stack.query(
        "SELECT coalesce(sum(amount), 0) FROM ledger_hold WHERE transaction_id = %s AND status = 'placed'", [transfer_id]
    )
    return Books({code: int(net) for code, net in moved}, dict(postings), int(held[0][0]))


def paid_on_chain(stack: RunningStack, transfer_id: str) -> int:
    """How many token transfers of this amount the chain itself shows from our hot wallet to the recipient."""
    (leg,) = stack.query("SELECT counterparty, amount FROM transfers_leg WHERE transfer_id = %s AND rail = 'evm'", [transfer_id])
    counterparty, amount = leg
    (wallet,) = stack.query("SELECT address FROM transfers_wallet WHERE code = 'hot-1'")
    topics = [_TRANSFER, _topic(wallet[0]), _topic(counterparty["address"])]
    asked = {"fromBlock": "0x0", "toBlock": "latest", "address": counterparty["token_contract"], "topics": topics}
    logs = _rpc(stack, "eth_getLogs", asked)
    return sum(int(log["data"], 16) == int(amount) for log in logs)


_TRANSFER = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"


def _topic(address: str) -> str:
    return "0x" + address.removeprefix("0x").lower().rjust(64, "0")


def _rpc(stack: RunningStack, method: str, *params: Any) -> Any:
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
    request = urllib.request.Request(stack.services["environment"]["CHAIN_RPC_URL"], body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)["result"]


def flush_broker(stack: RunningStack) -> None:
    """Every message that anybody sent is gone."""
    with Redis.from_url(stack.services["environment"]["REDIS_URL"]) as broker:
        broker.flushall()
