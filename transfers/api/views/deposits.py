"""`/v1/deposit_addresses`: where the client's money may come in."""

from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from ledger.models import Asset
from transfers.api import responses
from transfers.api.base import ApiView
from transfers.api.described import problems
from transfers.models import DepositAddress


class DepositAddresses(ApiView):
    scopes = {"GET": "balances:read"}

    @extend_schema(
        operation_id="list_deposit_addresses",
        responses={200: responses.DepositAddresses, **problems()},
    )
    def get(self, request: Request) -> Response:  # noqa: ARG002
        """Addresses on chain, and bank accounts of ours with the reference that the payer must write into the payment."""
        rows = DepositAddress.objects.filter(client_id=self.caller.client_id).select_related("bank_account")
        data = [
            _at_bank(row) if row.bank_account else _on_chain(row) for row in rows.order_by("kind", "network", "bank_account_id")
        ]
        return Response(responses.DepositAddresses({"data": data}).data)


def _on_chain(row: DepositAddress) -> dict[str, Any]:
    tokens = Asset.objects.filter(network=row.network, kind=Asset.Kind.TOKEN).order_by("id")
    return {
        "type": "crypto_address",
        "network": row.network,
        "address": row.value,
        "assets": [{"asset": token.id, "minimum": settings.DEPOSIT_MINIMUMS.get(token.code, "0")} for token in tokens],
        "confirmations": settings.CHAIN_FINAL_DEPTH,
    }


def _at_bank(row: DepositAddress) -> dict[str, Any]:
    account = row.bank_account
    if account is None:
        raise ValueError(f"deposit address {row.pk} is at no bank")
    return {
        "type": "bank_account",
        "iban": account.iban,
        "bic": account.bic,
        "holder": account.holder,
        "reference": row.value,
        "assets": [{"asset": account.asset_id, "minimum": "0"}],
    }
