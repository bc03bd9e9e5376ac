"""Archiving a month and bringing it back. For the owner of the database; every step may be repeated after a crash.

Out: checks, file, detach (rows stay in schema archive), and only when asked for, drop after the file was read back. In: the rows of
the schema, or of the file, have to hash to what was archived; they are attached with all guards in place or not at all.
"""

from datetime import date
from functools import partial
from pathlib import Path

from django.db import transaction

from audit.archive import files, steps
from audit.archive.errors import NotArchivable
from audit.archive.months import archived_month, archived_months, attached_months, partition_name
from audit.archive.registry import ArchivedTable, table
from audit.archive.steps import Done


def archive_month(name: str, month: date, *, directory: Path, reason: str) -> Done:
    """Write the month to a file in `directory`, detach it and compare both once more.

    Raises UnknownTable, NotArchivable (with the reasons), ArchiveDiffers, TableBusy, OSError.
    """
    source = table(name)
    partition = partition_name(source, month)
    if reasons := _reasons_to_stay(source, month):
        raise NotArchivable(partition, reasons)
    source.prepare(month)
    if reasons := list(source.blockers(month)):
        raise NotArchivable(partition, reasons)
    path = directory.resolve() / f"{partition}.tsv.gz"
    digest = files.write(path, f"public.{partition}", source.key, {"table": name, "month": f"{month:%Y-%m}"})
    done = Done(partition, "archived", digest.rows, digest.sha256, str(path))
    steps.together(name, partial(steps.detach, source, month, rows=digest.rows), partial(steps.note, source, month, done, reason))
    steps.same(f"table archive.{partition}", digest.sha256, _hash_of_table(source, partition))
    return done


def drop_month(name: str, month: date, *, reason: str) -> Done:
    """Give up the archived rows; the file is read back first and has to hash to what was archived. Of the trail, what vouches for
    rows that are still there is kept.

    Raises UnknownTable, NotArchivable (with the reasons), ArchiveDiffers, TableBusy, OSError.
    """
    source = table(name)
    kept = steps.away(source, month, "archived")
    done = Done(partition_name(source, month), "dropped", kept.rows, kept.sha256, kept.file)
    if reasons := list(source.drop_blockers(month)):
        raise NotArchivable(done.partition, reasons)
    steps.same(kept.file, kept.sha256, files.digest_of_file(Path(kept.file)).sha256)
    steps.together(name, partial(steps.drop, source, month, done, reason))
    return done


def reattach_month(name: str, month: date, *, reason: str, file: Path | None = None) -> Done:
    """Put the month back, from schema archive or, when it was dropped, from its file (or `file`, where that has moved).

    Raises UnknownTable, NotArchivable, ArchiveDiffers (nothing changed), TableBusy, OSError.
    """
    source = table(name)
    kept = steps.away(source, month, "archived", "dropped")
    done = Done(partition_name(source, month), "attached", kept.rows, kept.sha256, str((file or Path(kept.file)).resolve()))
    later = [found for found in archived_months(source) if found.is_away and found.month > month]
    if later:
        raise NotArchivable(done.partition, [f"{later[-1].month:%Y-%m} was archived after it and comes back first"])
    if kept.action == "dropped":
        steps.same(done.file, kept.sha256, files.digest_of_file(Path(done.file)).sha256)
        _load(source, month, Path(done.file))
    steps.same(f"table archive.{done.partition}", kept.sha256, _hash_of_table(source, done.partition))
    steps.run("SELECT audit_check_month(%s, %s)", name, month)
    steps.together(name, partial(steps.attach, source, month), partial(steps.note, source, month, done, reason))
    return done


def _reasons_to_stay(source: ArchivedTable, month: date) -> list[str]:
    """What keeps a month of any table: its floor has been asked nothing yet."""
    attached = attached_months(source)
    kept = archived_month(source, month)
    if kept is not None and kept.is_away:
        return [f"it was {kept.action} on {kept.done_at:%Y-%m-%d} by {kept.done_by}"]
    if month not in attached:
        return ["it has no partition"]
    reasons = []
    if month != attached[0]:
        reasons.append(f"{attached[0]:%Y-%m} is older and still attached")
    if not steps.is_over(month):
        reasons.append("it is not over yet")
    if steps.is_stranded(source, month):
        reasons.append("rows of it lie in the default partition")
    return reasons


def _load(source: ArchivedTable, month: date, path: Path) -> None:
    partition = partition_name(source, month)
    with transaction.atomic():
        # What an interrupted attempt left behind is no evidence: it came from the file, too.
        steps.discard(partition)
        steps.run("SELECT audit_prepare_month(%s, %s)", source.name, month)
        files.load(path, f"archive.{partition}")


def _hash_of_table(source: ArchivedTable, partition: str) -> str:
    return files.digest_of_table(f"archive.{partition}", source.key).sha256
