"""What a file means, judged whole before anything is written: its lines, its day, and whether it was sent before."""

from dataclasses import dataclass

from approvals.models import Client
from audit import clock
from transfers.bulk.content import digest_of_order
from transfers.bulk.lines import FileUnreadable, LineProblem, Read
from transfers.bulk.reading import read_file
from transfers.commands.bulk import judging
from transfers.commands.bulk.judging import Judged
from transfers.commands.bulk.planning import Plan, plan
from transfers.errors import Refused, Stopped
from transfers.models import BulkOrder, BulkUpload

MOST_PROBLEMS = 1_000


class LinesRefused(Refused):
    """Some lines cannot be carried out, so none is: each is named, with what is wrong and the way out."""

    def __init__(self, problems: tuple[LineProblem, ...]) -> None:
        fields = {_place(problem): problem.sentence for problem in problems[:MOST_PROBLEMS]}
        count = len({problem.line for problem in problems})
        super().__init__("invalid_lines", f"{count:,} lines cannot be carried out, so nothing was ordered. Mend them all.", fields)
        self.problems = problems


def _place(problem: LineProblem) -> str:
    return f"lines[{problem.line}]{'.' if problem.field else ''}{problem.field}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What a file means and what would come of it. Nothing is written."""

    plan: Plan
    problems: tuple[LineProblem, ...]
    judged: Judged | None
    message_id: str = ""


def check(upload: BulkUpload, *, made_by_type: str) -> Checked:
    """Raises Refused for a file that cannot be read at all, Unavailable when it cannot be priced now."""
    client = Client.objects.get(pk=upload.client_id)
    if client.status != Client.Status.ACTIVE:
        raise Stopped("account_frozen", "The account is not active. Please contact support.")
    try:
        read = read_file(upload.format, bytes(upload.content))
    except FileUnreadable as error:
        raise Refused("file_unreadable", str(error), {"file": str(error)}) from error
    _check_day(read)
    wrong = {problem.line for problem in read.problems}
    planned = plan(client, [line for line in read.lines if line.number not in wrong])
    judged = judging.judge(planned, client_id=client.pk, made_by_type=made_by_type) if planned.lines else None
    problems = (*read.problems, *planned.problems, *(judged.problems if judged else ()))
    ordered = tuple(sorted(problems, key=lambda one: one.line))
    return Checked(plan=planned, problems=ordered, judged=judged, message_id=read.message_id)


def _check_day(read: Read) -> None:
    """A file is carried out once it is approved; one that asks for a later day would be paid too early."""
    if read.not_before and read.not_before > clock.now().date():
        said = f"It asks to be paid on {read.not_before}. Files are carried out once they are approved: send it on that day."
        raise Refused("file_unreadable", said, {"file": said})


def order_of_message(upload: BulkUpload, checked: Checked) -> BulkOrder | None:
    """The order that this message made before; None for a new one. Raises Refused when its id named other orders then."""
    if not checked.message_id:
        return None
    sent = BulkOrder.objects.select_related("upload").defer("upload__content")
    known = sent.filter(client_id=upload.client_id, message_id=checked.message_id).first()
    if known is None or bytes(known.upload.sha256) == bytes(upload.sha256):
        return known
    if bytes(known.lines_digest) != digest_of_order(checked.plan.lines):
        said = f"The MsgId {checked.message_id} was used for another file, {known.reference}. Give every message its own."
        raise Refused("message_id_reused", said, {"file": said})
    return known
