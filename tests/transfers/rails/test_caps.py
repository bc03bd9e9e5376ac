"""What the signer may pay for gas is held against the bid, in the words of people."""

import pytest

from transfers.rails.evm import FeeCaps, FeeEstimate
from transfers.rails.evm.fees import BeyondSigner, check_caps

GWEI = 10**9
BID = FeeEstimate(200 * GWEI, 2 * GWEI, 100_000)


@pytest.mark.parametrize("caps", [FeeCaps(200 * GWEI, 2 * GWEI), FeeCaps(500 * GWEI, 50 * GWEI)])
def test_a_bid_up_to_the_caps_passes(caps: FeeCaps) -> None:
    check_caps(BID, caps)


@pytest.mark.parametrize(
    ("caps", "words"),
    [
        (FeeCaps(120 * GWEI, 2 * GWEI), "network fees are above what our signer may pay: 200 gwei asked, 120 at most"),
        (FeeCaps(12_500_000, 2 * GWEI), "network fees are above what our signer may pay: 200 gwei asked, 0.0125 at most"),
        (FeeCaps(500 * GWEI, 2 * GWEI - 1), "tips are above what our signer may pay: 2 gwei asked, 1.999999999 at most"),
    ],
)
def test_one_above_them_is_told_with_both_prices(caps: FeeCaps, words: str) -> None:
    with pytest.raises(BeyondSigner) as told:
        check_caps(BID, caps)
    assert str(told.value) == words
