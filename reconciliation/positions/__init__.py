"""Where the house keeps money, what our books and the outside say is there, and what explains the difference."""

from reconciliation.positions.explained import Explanation
from reconciliation.positions.overview import AssetTotal, Overview, Position, overview
from reconciliation.positions.places import Place, PlaceKind, places

__all__ = ["AssetTotal", "Explanation", "Overview", "Place", "PlaceKind", "Position", "overview", "places"]
