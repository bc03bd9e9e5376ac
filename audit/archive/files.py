"""A month's rows as a file: PostgreSQL's COPY text, in the order of key and id, gzipped; beside it a manifest.

The hash is of the rows before compression, so it is the same for the table and for the file, and says nothing about gzip. For
audit_event the lines are its leaves, to the byte.
"""

import gzip
import hashlib
import json
import os
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from psycopg import sql

from audit.archive.errors import ArchiveDiffers

FORMAT = "countersign-archive/1"
_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Digest:
    """`size` is in bytes, before compression."""

    rows: int
    size: int
    sha256: str


def digest_of_table(relation: str, key: str) -> Digest:
    """Reads every row of `schema.table`, in one snapshot."""
    return _hashed(lambda write: _copy_out(relation, key, write))


def write(path: Path, relation: str, key: str, about: dict[str, Any]) -> Digest:
    """Write rows and manifest; `path` appears only when it is whole. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    # The rows are as private as the database that they come from.
    with open(part, "wb", opener=_private) as raw:
        with gzip.GzipFile(filename="", mode="wb", fileobj=raw, compresslevel=6, mtime=0) as packed:
            digest = _hashed(lambda keep: _copy_out(relation, key, lambda row: (packed.write(row), keep(row))))
        raw.flush()
        os.fsync(raw.fileno())
    part.replace(path)
    manifest = {"format": FORMAT} | about | {"rows": digest.rows, "size": digest.size, "sha256": digest.sha256}
    manifest_of(path).write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
    return digest


def manifest_of(path: Path) -> Path:
    return path.with_name(path.name + ".json")


def digest_of_file(path: Path) -> Digest:
    """Raises ArchiveDiffers when it is no whole gzip file, OSError."""

    def read(keep: Callable[[bytes], object]) -> int:
        rows = 0
        for piece in pieces(path):
            rows += piece.count(b"\n")
            keep(piece)
        return rows

    return _hashed(read)


def pieces(path: Path) -> Iterator[bytes]:
    """The rows of the file. Raises ArchiveDiffers, OSError."""
    try:
        with gzip.open(path, "rb") as packed:
            while piece := packed.read(_PIECE):
                yield piece
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise ArchiveDiffers(str(path), "that of a whole gzip file", f"unknown ({error})") from error


def load(path: Path, relation: str) -> None:
    """Copy the rows of the file into an empty table, in the caller's transaction."""
    with connection.cursor() as cursor:
        _fix_format(cursor)
        with cursor.copy(sql.SQL("COPY {} FROM STDIN").format(_name(relation))) as copy:
            for piece in pieces(path):
                copy.write(piece)


def _hashed(read: Callable[[Callable[[bytes], object]], int]) -> Digest:
    hasher, size = hashlib.sha256(), 0

    def keep(piece: bytes) -> None:
        nonlocal size
        hasher.update(piece)
        size += len(piece)

    rows = read(keep)
    return Digest(rows, size, hasher.hexdigest())


def _copy_out(relation: str, key: str, write: Callable[[bytes], object]) -> int:
    """Hands every row to `write`, returns how many there were."""
    rows = 0
    with transaction.atomic(), connection.cursor() as cursor:
        _fix_format(cursor)
        query = sql.SQL("COPY (SELECT * FROM {} ORDER BY {}, id) TO STDOUT").format(_name(relation), sql.Identifier(key))
        with cursor.copy(query) as copy:
            for row in copy:
                write(bytes(row))
                rows += 1
    return rows


def _fix_format(cursor: Any) -> None:
    cursor.execute("SET LOCAL TimeZone = 'UTC'; SET LOCAL DateStyle = 'ISO, MDY'; SET LOCAL client_encoding = 'UTF8'")
    cursor.execute("SET LOCAL bytea_output = 'hex'; SET LOCAL statement_timeout = 0")


def _name(relation: str) -> sql.Identifier:
    return sql.Identifier(*relation.split("."))


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
