import io
import json
import logging

import pytest
import structlog

from audit import context
from audit.context import Actor
from backoffice.logging import MASK, mask


@pytest.mark.parametrize(
    "secret",
    [
        "csk_k53y6w68z5_iKEa52LwN1JCCJJP",
        "whsec_c2VjcmV0IG9mIHRoZSB3ZWJob29r",
        "Bearer abc.def-123",
    ],
)
def test_a_secret_is_masked_wherever_it_stands(secret: str) -> None:
    told = json.dumps(mask({"text": f"sent {secret} away", "deep": [{"more": (secret,)}]}))
    assert secret.split("_")[-1].split()[-1] not in told
    assert MASK in told


def test_the_password_of_a_url_is_masked_and_the_rest_kept() -> None:
    assert mask("at redis://:hunter2@127.0.0.1:6379/0") == f"at redis://:{MASK}@127.0.0.1:6379/0"
    assert mask("postgresql://web:hunter2@db/x") == f"postgresql://web:{MASK}@db/x"


@pytest.mark.parametrize("name", ["password", "SIGNER_TOKEN", "Authorization", "api_key", "raw_transaction", "webhook_secret"])
def test_a_value_is_masked_by_its_name(name: str) -> None:
    assert mask({name: "anything"}) == {name: MASK}


def test_what_is_no_secret_stays() -> None:
    plain = {"transaction_id": "01a1", "amount": "1000.00", "count": 3, "ok": True, "none": None}
    assert mask(plain) == plain


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """What the configured handler writes."""
    handler = next(h for h in logging.getLogger().handlers if isinstance(h.formatter, structlog.stdlib.ProcessorFormatter))
    stream = io.StringIO()
    monkeypatch.setattr(handler, "stream", stream)
    return stream


def test_every_line_carries_the_conversation(written: io.StringIO) -> None:
    with (
        context.bind(Actor.system("driver"), correlation_id="corr-1", request_id="req-1"),
        structlog.contextvars.bound_contextvars(transaction_id="tx-1"),
    ):
        structlog.get_logger("ours").warning("moved", password="hunter2")
    line = json.loads(written.getvalue())
    assert (line["event"], line["correlation_id"], line["request_id"], line["transaction_id"]) == (
        "moved",
        "corr-1",
        "req-1",
        "tx-1",
    )
    assert (line["actor"], line["password"], line["level"]) == ("system:driver", MASK, "warning")


def test_a_librarys_line_looks_the_same(written: io.StringIO) -> None:
    with context.bind(Actor.system("driver"), correlation_id="corr-2"):
        logging.getLogger("library").warning("connect to %s", "redis://:hunter2@127.0.0.1/0")
    line = json.loads(written.getvalue())
    assert line["correlation_id"] == "corr-2"
    assert "hunter2" not in str(line["event"])
