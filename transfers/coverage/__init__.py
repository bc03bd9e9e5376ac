"""Which events tell the rows of this floor, area by area."""

from transfers.coverage import arrivals, files, lifecycle, pricing, rails, telling, treasury

_AREAS = (lifecycle, rails, arrivals, files, pricing, treasury, telling)


def register() -> None:
    for area in _AREAS:
        area.register()
