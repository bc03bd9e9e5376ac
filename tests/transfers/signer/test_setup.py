"""Wallets, secrets and settings: what is made, what is refused, and what the messages name."""

import json
import os
from dataclasses import dataclass
from pathlib import Path

import pytest
from eth_account import Account

from transfers.signer.__main__ import main


@dataclass(frozen=True)
class Ended:
    returncode: int
    stdout: str
    stderr: str


class Fresh:
    """A signer that has nothing yet. Its commands run in this process: what they do is on disk."""

    def __init__(self, directory: Path, patch: pytest.MonkeyPatch, capture: pytest.CaptureFixture[str]) -> None:
        self.token_file, self.networks = directory / "token", directory / "networks.json"
        self.keys, self._patch, self._capture = directory / "keys", patch, capture
        self.environment = {
            "SIGNER_KEYSTORE_DIR": str(self.keys),
            "SIGNER_DATABASE_URL": "postgresql:///nowhere",
            "SIGNER_TOKEN_FILE": str(self.token_file),
            "SIGNER_NETWORKS": str(self.networks),
            "SIGNER_SOCKET": str(directory / "signer.sock"),
        }

    def run(self, *arguments: str, **environment: str) -> Ended:
        with self._patch.context() as patched:
            for name, value in (self.environment | environment).items():
                patched.setenv(name, value)
            before = os.umask(0o022)
            try:
                code = main(list(arguments))
            finally:
                os.umask(before)
        said = self._capture.readouterr()
        return Ended(code, said.out, said.err)

    def must(self, *arguments: str) -> str:
        done = self.run(*arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()


@pytest.fixture
def fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Fresh:
    return Fresh(tmp_path, monkeypatch, capsys)


def test_a_wallet_is_made_encrypted_and_private(fresh: Fresh) -> None:
    address = fresh.must("create-wallet", "hot-1")
    keys = fresh.keys
    stored = (keys / "hot-1.json").read_text()
    key = Account.decrypt(stored, (keys / "password").read_text().strip())
    assert Account.from_key(key).address == address
    assert bytes(key).hex() not in stored
    assert keys.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in keys.iterdir()} == {0o600}
    assert fresh.must("list-wallets") == f"hot-1 {address}"


def test_a_wallet_is_never_overwritten(fresh: Fresh) -> None:
    address = fresh.must("create-wallet", "hot-1")
    again = fresh.run("create-wallet", "hot-1")
    assert (again.returncode, again.stdout) == (2, "")
    assert "there is a wallet 'hot-1' already" in again.stderr
    assert fresh.must("create-wallet", "hot-1", "--exist-ok") == address


@pytest.mark.parametrize("name", ["../hot", "Hot", "", "a/b", "x" * 41])
def test_a_wallets_name_is_a_plain_word(fresh: Fresh, name: str) -> None:
    refused = fresh.run("create-wallet", name)
    assert refused.returncode == 2
    assert "a wallet's name is" in refused.stderr


def test_a_lost_password_is_not_quietly_replaced(fresh: Fresh) -> None:
    fresh.must("create-wallet", "hot-1")
    (fresh.keys / "password").unlink()
    refused = fresh.run("create-wallet", "hot-2")
    assert refused.returncode == 2
    assert "the keystore password" in refused.stderr


@pytest.mark.parametrize("missing", ["SIGNER_KEYSTORE_DIR", "SIGNER_DATABASE_URL", "SIGNER_TOKEN_FILE", "SIGNER_NETWORKS"])
def test_a_missing_setting_is_named(fresh: Fresh, missing: str) -> None:
    refused = fresh.run("serve", **{missing: ""})
    assert refused.returncode == 2
    assert f"{missing} is not set" in refused.stderr


def networks(**changes: object) -> str:
    network: dict[str, object] = {
        "name": "ethereum",
        "chain_id": 1,
        "rpc_url": "http://127.0.0.1:9",
        "tokens": {"USDC.ethereum": "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48"},
        "max_fee_per_gas": "1",
        "max_priority_fee_per_gas": "1",
        "max_gas_limit": 1,
    }
    return json.dumps({"networks": [network | changes]})


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{}",
        '{"networks": []}',
        networks(chain_id="1"),
        networks(chain_id=True),
        networks(max_fee_per_gas="0"),
        networks(extra=1),
        networks(other_rpc_urls="http://127.0.0.1:9"),
        networks(tokens={"USDC.ethereum": "0xa0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48"}),
    ],
)
def test_networks_that_cannot_be_read_stop_the_start(fresh: Fresh, content: str) -> None:
    fresh.networks.write_text(content)
    refused = fresh.run("serve")
    assert refused.returncode == 2
    assert "SIGNER_NETWORKS" in refused.stderr


def test_files_open_to_others_stop_the_start(fresh: Fresh) -> None:
    fresh.networks.write_text(networks())
    fresh.must("create-wallet", "hot-1")
    fresh.must("create-token")
    fresh.token_file.chmod(0o640)
    refused = fresh.run("serve")
    assert refused.returncode == 2
    assert "the signer's token" in refused.stderr
    assert "mode 0640" in refused.stderr
