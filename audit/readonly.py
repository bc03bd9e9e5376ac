"""Models that the ORM may read and never write. The database refuses too; this refuses earlier and says where to go instead."""

from typing import Any, NoReturn

from django.db import models

from audit.errors import ReadOnlyRow


class ReadOnlyQuerySet(models.QuerySet[Any]):
    """A QuerySet without its write half."""

    def _refuse(self, *_: object, **__: object) -> NoReturn:
        raise ReadOnlyRow(f"{self.model.__name__} rows are written by the commands of its floor, not by the ORM")

    create = get_or_create = update_or_create = bulk_create = bulk_update = update = delete = _refuse
    acreate = aget_or_create = aupdate_or_create = abulk_create = abulk_update = aupdate = adelete = _refuse


class ReadOnlyModel(models.Model):
    """A row written by a database function: `save` and `delete` raise ReadOnlyRow."""

    objects = ReadOnlyQuerySet.as_manager()

    class Meta:
        abstract = True

    def save(self, *_: object, **__: object) -> NoReturn:
        raise ReadOnlyRow(f"{type(self).__name__} rows are written by the commands of its floor, not by save()")

    def delete(self, *_: object, **__: object) -> NoReturn:
        raise ReadOnlyRow(f"{type(self).__name__} rows are never deleted")
