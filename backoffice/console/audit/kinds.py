"""The kinds of configuration that keep versions, found among the models, so that a new one is on the page without being named."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from django.apps import apps
from django.db.models import Field, Model


@dataclass(frozen=True, slots=True)
class Kind:
    """`name` stands in addresses, `title` on pages; `history` manages the versions, `fields` are those of the row itself."""

    name: str
    title: str
    history: Any
    key: "Field[Any, Any]"
    fields: "tuple[Field[Any, Any], ...]"

    @property
    def has_client(self) -> bool:
        return any(field.attname == "client_id" for field in self.fields)


@cache
def kinds() -> dict[str, Kind]:
    """By name, in the order of their titles."""
    found = [kind for model in apps.get_models() if (kind := _kind(model)) is not None]
    return {kind.name: kind for kind in sorted(found, key=lambda kind: kind.title)}


def choices() -> list[tuple[str, str]]:
    return [(kind.name, kind.title) for kind in kinds().values()]


def _kind(model: type[Model]) -> Kind | None:
    options: Any = model._meta  # noqa: SLF001 - how Django lets one look at a model
    manager = getattr(options, "simple_history_manager_attribute", "")
    if not manager:
        return None
    history = getattr(model, manager).model
    kept = {field.attname for field in history._meta.concrete_fields}  # noqa: SLF001 - as above
    return Kind(
        name=options.model_name,
        title=str(options.verbose_name).capitalize(),
        history=history.objects,
        key=options.pk,
        fields=tuple(field for field in options.concrete_fields if not field.primary_key and field.attname in kept),
    )
