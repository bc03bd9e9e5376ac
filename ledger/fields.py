"""Database field for amounts: whole minor units of any width, an int in Python and numeric(78,0) in PostgreSQL."""

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import models

# 2**256 has 78 decimal digits: any uint256 that a token contract can hold fits.
MAX_DIGITS = 78


class MinorUnitsField(models.DecimalField):  # type: ignore[type-arg]
    """An integer count of an asset's smallest unit. Floats, and decimals with a fraction, are refused rather than rounded."""

    if TYPE_CHECKING:
        # What django-stubs reads: set and got as int, not as the Decimal of the parent.
        _pyi_private_set_type: int
        _pyi_private_get_type: int  # type: ignore[assignment]
        _pyi_lookup_exact_type: int

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["max_digits"] = MAX_DIGITS
        kwargs["decimal_places"] = 0
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        kwargs.pop("max_digits")
        kwargs.pop("decimal_places")
        return name, path, args, kwargs

    def from_db_value(self, value: Decimal | None, *_: Any) -> int | None:
        return None if value is None else int(value)

    def to_python(self, value: Any) -> Any:
        if value is None or (isinstance(value, int) and not isinstance(value, bool)):
            return value
        if isinstance(value, Decimal) and value == value.to_integral_value():
            return int(value)
        if isinstance(value, str) and value.strip().lstrip("-").isdigit():
            return int(value)
        raise TypeError(f"{self.name} takes whole minor units, not {value!r}")

    def get_prep_value(self, value: Any) -> Any:
        number = self.to_python(value) if value is None or isinstance(value, int | Decimal | str) else value
        if number is None or isinstance(number, int):
            return None if number is None else Decimal(number)
        if isinstance(number, float):
            raise TypeError(f"{self.name} takes whole minor units, not the float {number!r}")
        return super().get_prep_value(number)
