"""Which benchmarks there are."""

from collections.abc import Callable

from backoffice.bench import api, audit_overhead, audit_verify, batch, growth, holds, posting
from backoffice.bench.pages import measure as pages
from backoffice.bench.pipeline import measure as pipeline
from backoffice.bench.report import Report
from backoffice.bench.scale import Scale
from backoffice.bench.scratch import Scratch

BENCHES: dict[str, Callable[[Scratch, Scale], Report]] = {
    "posting": posting.run,
    "posting-batch": batch.run,
    "posting-growth": growth.run,
    "holds": holds.run,
    "api": api.run,
    "pages": pages.run,
    "pipeline": pipeline.run,
    "audit-overhead": audit_overhead.run,
    "audit-verify": audit_verify.run,
}
