"""What the signer says it pays for gas at the most is what it holds intents against."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace

import httpx
import pytest

from tests.sandbox.chain import CHAIN_ID
from tests.transfers.signer.conftest import GWEI
from tests.transfers.signer.process import Signer
from transfers.rails.base import RetryableError, TerminalError
from transfers.rails.evm import FeeCaps
from transfers.rails.registry import CAPS_KEPT_S, Rails
from transfers.rails.settings import RailSettings
from transfers.rails.signing import SignerClient, SignIntent


def test_it_tells_its_caps_and_signs_up_to_them(client: SignerClient, intent: SignIntent) -> None:
    caps = client.gas_caps()
    assert caps == {CHAIN_ID: FeeCaps(500 * GWEI, 50 * GWEI)}
    fee, tip = caps[CHAIN_ID].max_fee_per_gas, caps[CHAIN_ID].max_priority_fee_per_gas
    for more in ((fee + 1, tip), (fee, tip + 1)):
        with pytest.raises(TerminalError) as refused:
            client.sign_transfer(replace(intent, max_fee_per_gas=more[0], max_priority_fee_per_gas=more[1]))
        assert refused.value.code == "gas_above_cap"
    assert client.sign_transfer(replace(intent, max_fee_per_gas=fee, max_priority_fee_per_gas=tip)).raw


def test_nobody_reads_them_without_the_token(signer: Signer) -> None:
    assert signer.get("/v1/gas-caps", token="wrong").status_code == 401
    with closing(SignerClient(f"unix://{signer.socket}", "wrong")) as stranger, pytest.raises(RetryableError, match="caps"):
        stranger.gas_caps()


@pytest.mark.parametrize("answer", ["[]", "{}", '{"caps": {"1": {}}}', '{"caps": {"x": {"max_fee_per_gas": "1"}}}', "caps"])
def test_caps_that_cannot_be_read_are_no_caps(answer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(SignerClient("http://127.0.0.1:9", "x" * 32)) as client:
        monkeypatch.setattr(client._http, "send", answering(answer))
        with pytest.raises(RetryableError, match="caps cannot be read"):
            client.gas_caps()


def test_a_signer_of_the_release_before_tells_none_and_nobody_waits_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(SignerClient("http://127.0.0.1:9", "x" * 32)) as client:
        monkeypatch.setattr(client._http, "send", answering('{"code": "not_found"}', status=404))
        assert client.gas_caps() == {}


def test_they_are_asked_for_once_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    rails = Rails(RailSettings(signer_url="http://127.0.0.1:9", signer_token="x" * 32))
    said = iter([{1: FeeCaps(1, 1)}, {1: FeeCaps(2, 2)}])
    monkeypatch.setattr(rails.signer, "gas_caps", lambda: next(said))
    moments = iter([100.0, 99.0 + CAPS_KEPT_S, 100.0 + CAPS_KEPT_S])
    monkeypatch.setattr("transfers.rails.registry.time.monotonic", lambda: next(moments))
    with closing(rails):
        assert [rails.gas_caps()[1].max_fee_per_gas for _ in range(3)] == [1, 1, 2]


def answering(text: str, *, status: int = 200) -> Callable[[httpx.Request], httpx.Response]:
    return lambda request: httpx.Response(status, text=text, request=request)
