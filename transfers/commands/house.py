"""The party that transfers of our own are made for. It has no balance, no keys and no destinations."""

from approvals.commands.parties import create_client
from approvals.models import Client

HOUSE, HOUSE_NAME = "house", "The house"


def house() -> Client:
    """Made when it is needed first."""
    return create_client(client_id=HOUSE, name=HOUSE_NAME)
