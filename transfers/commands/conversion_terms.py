"""What we keep of conversions: a spread per corridor, which has a direction."""

from django.db import transaction

from approvals.models import Corridor
from audit.commands import record
from transfers.conversion.terms import BASIS_POINTS
from transfers.errors import NotFound, Refused
from transfers.models import ConversionTerms
from transfers.states import Route

SPREAD_SET = "conversion.spread_set"
AUDIT_TYPES = (SPREAD_SET,)


@transaction.atomic
def set_spread(*, corridor_id: str, spread_bps: int) -> ConversionTerms:
    """From now on we keep `spread_bps` of what a conversion on this corridor is worth. Prices that were given stay as they are.

    Raises NotFound, and Refused for a corridor of another route or a spread that leaves nothing.
    """
    corridor = Corridor.objects.filter(pk=corridor_id).first()
    if corridor is None:
        raise NotFound(f"There is no corridor {corridor_id}.")
    if corridor.route != Route.CONVERSION or not 0 <= spread_bps < BASIS_POINTS:
        raise Refused("invalid_request", f"{spread_bps} basis points are no spread for {corridor_id}.")
    terms = ConversionTerms.objects.select_for_update().filter(corridor=corridor).first()
    before = None if terms is None else terms.spread_bps
    if terms is not None and before == spread_bps:
        return terms
    terms = terms or ConversionTerms(corridor=corridor)
    terms.spread_bps = spread_bps
    terms.save()
    record(
        type=SPREAD_SET,
        resource_type="corridor",
        resource_id=corridor_id,
        diff={"spread_bps": [before, spread_bps]},
    )
    return terms
