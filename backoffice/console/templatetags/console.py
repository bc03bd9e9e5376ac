"""The components: one tag each, one partial each (templates/components). The style page shows them all.

Money and times are drawn here and nowhere else, so that an amount never loses its asset and a time never its zone.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django import template
from django.forms import BoundField
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from audit import clock
from backoffice.console import formats
from backoffice.console import shell as shell_of_page
from backoffice.console.amounts import shown
from backoffice.console.audit.seals import Seal
from backoffice.console.bars import Bar, bar
from backoffice.console.parts import Badge, Decider, LimitBar, Milestone, Paging, Possible, PostingRow, Tab, TimelineItem, Tone
from backoffice.console.words import badge_for, states_quoted

register = template.Library()
# What the failure catalogue says of states: `{{ failure.transition|in_words }}`.
register.filter("in_words", states_quoted)
Context = dict[str, Any]


@register.simple_tag
def count(number: int) -> str:
    """A whole number of things, with thousands separators."""
    return f"{number:,}"


@register.simple_tag(takes_context=True)
def shell(context: template.Context) -> shell_of_page.Shell | None:
    """Everything the frame of a page needs: navigation, halts in force, clocks, the operator's settings."""
    return shell_of_page.shell(context["request"])


def _inline(name: str, **context: Any) -> SafeString:
    """A part that stands inside a sentence: without the line break that ends its file, which would show as a space before a
    comma.
    """
    return SafeString(render_to_string(f"components/{name}.html", context).strip())


# --- Values -----------------------------------------------------------------------------------------------------------------------
@register.simple_tag
def money(minor: int | None, asset: object, size: str = "", *, chain: bool = False) -> SafeString:
    """`{% money 25000000 "USDC.ethereum" %}` -> 25.00 USDC. `size` is strong or big; `chain=True` writes the network too."""
    return _inline("money", money=shown(minor, asset), size=size, chain=chain)


@register.simple_tag
def amount(minor: int | None, asset: object) -> SafeString:
    """Only the figure: for columns whose head or row already names the asset."""
    return _inline("figure_only", money=shown(minor, asset))


@register.simple_tag
def address(value: str, *, copy: bool = True) -> SafeString:
    """An address or account number in full, in groups of four, both ends strong. A name is shown as it is read."""
    groups = formats.groups_of_four(value) if formats.is_number(value) else [value]
    prefix = "0x" if groups[0][:2].lower() == "0x" else ""
    first = groups[0][len(prefix) :]
    last = groups[-1] if len(groups) > 1 else ""
    return _inline("address", value=value, prefix=prefix, first=first, middle=groups[1:-1], last=last, copy=copy)


@register.inclusion_tag("components/look_alike.html")
def look_alike(this: str, known: str) -> Context:
    """Two addresses under each other with the characters that differ marked."""
    return {"this": formats.differences(this, known), "known": formats.differences(known, this)}


@register.simple_tag
def copyable(value: object, label: str = "", *, short: bool = False) -> SafeString:
    """An id with a button that copies it whole, also when only its ends are shown."""
    text = str(value)
    return _inline("copyable", value=text, text=formats.shortened(text) if short else text, label=label or "Copy")


@register.simple_tag
def status(state: str) -> SafeString:
    """The badge of a state: `{% status transfer.status %}`."""
    return _inline("badge", badge=badge_for(state))


@register.simple_tag
def badge(text: str | Badge, tone: str = "neutral") -> SafeString:
    return _inline("badge", badge=text if isinstance(text, Badge) else Badge(text, Tone(tone)))


@register.simple_tag
def seal(state: Seal, *, short: bool = False) -> SafeString:
    """Whether an event is sealed and where, with icon and word; `short=True` for lists."""
    return _inline("seal", seal=state, short=short)


@register.simple_tag
def moment(at: datetime | None, form: str = "full") -> SafeString:
    """A time in UTC and in the operator's zone, both named. `form`: full, time (today's list), stacked (table cells)."""
    return _inline("moment", at=formats.written(at) if at else None, form=form)


@register.filter
def ago(at: datetime | None) -> str:
    """How long since: only ever beside the absolute time."""
    return "" if at is None else f"{formats.duration(clock.now() - at)} ago"


@register.filter
def until(at: datetime | None) -> str:
    """How long is left, or how long ago it ran out."""
    if at is None:
        return ""
    left = at - clock.now()
    return formats.duration(left) if left.total_seconds() > 0 else f"{formats.duration(left)} ago"


@register.filter
def lasted(at: datetime, end: datetime | None = None) -> str:
    return formats.duration((end or clock.now()) - at)


@register.filter
def short(value: object) -> str:
    return formats.shortened(str(value))


@register.filter
def spaced(value: object) -> str:
    """A name of ours as words: `client_money` -> client money."""
    return str(value).replace("_", " ")


# --- Lists of things --------------------------------------------------------------------------------------------------------------
@register.inclusion_tag("components/milestones.html")
def milestones(items: Sequence[Milestone]) -> Context:
    return {"items": items}


@register.inclusion_tag("components/timeline.html")
def timeline(items: Sequence[TimelineItem]) -> Context:
    """What happened, as given (newest first on a transfer). Days are written where they change."""
    rows = []
    day = None
    for item in items:
        local_day = item.at.date()
        rows.append((item, local_day if local_day != day else None))
        day = local_day
    return {"rows": rows, "several_days": len({item.at.date() for item in items}) > 1}


@register.inclusion_tag("components/tabs.html")
def tabs(items: Sequence[Tab], label: str) -> Context:
    return {"tabs": items, "label": label}


@register.inclusion_tag("components/postings.html")
def postings(rows: Sequence[PostingRow], *, after: bool = True, before: bool = False) -> Context:
    """Debits and credits with the balance each leaves (`after=False`: without), and with the one it finds (`before=True`)."""
    return {"rows": rows, "after": after, "before": before}


@register.inclusion_tag("components/limits.html")
def limits(items: Iterable[LimitBar]) -> Context:
    return {"rows": [(item, bar(used=item.used, this=item.this, total=item.amount)) for item in items]}


@register.inclusion_tag("components/bar.html")
def usage_bar(used: int, total: int, this: int = 0, title: str = "") -> Context:
    drawn: Bar = bar(used=used, this=this, total=total)
    return {"bar": drawn, "title": title}


@register.simple_tag
def pips(collected: int, quorum: int) -> SafeString:
    """Approvals so far: dots and words."""
    dots = [index < collected for index in range(quorum)]
    return _inline("pips", dots=dots, collected=collected, quorum=quorum)


@register.inclusion_tag("components/deciders.html")
def deciders(items: Sequence[Decider]) -> Context:
    return {"items": items}


@register.inclusion_tag("components/possible.html")
def possible(items: Sequence[Possible]) -> Context:
    """What can be done, and for what cannot, why."""
    return {"items": items}


@register.inclusion_tag("components/digest.html")
def digest(words: Sequence[str] | str, hexadecimal: str) -> Context:
    """The payload's digest as words to compare aloud and as hex to compare by machine."""
    return {"words": words if isinstance(words, str) else "-".join(words), "hex": hexadecimal}


@register.inclusion_tag("components/paging.html")
def paging(page: Paging) -> Context:
    return {"page": page}


@register.inclusion_tag("components/field.html")
def field(bound: BoundField) -> Context:
    """A form field with its label, help and error, tied together for screen readers."""
    kind = getattr(bound.field.widget, "input_type", "")
    return {"field": bound, "is_checkbox": kind == "checkbox", "widget": _with_described_by(bound)}


def _with_described_by(bound: BoundField) -> SafeString:
    described = [f"{bound.auto_id}_help"] if bound.help_text else []
    attrs: dict[str, str | bool] = {}
    if bound.errors:
        described.insert(0, f"{bound.auto_id}_error")
        attrs["aria-invalid"] = "true"
    if described:
        attrs["aria-describedby"] = " ".join(described)
    return bound.as_widget(attrs=attrs)


@register.inclusion_tag("components/confirm_typing.html")
def confirm_typing(phrase: str, name: str = "confirm", error: str = "") -> Context:
    """A field that keeps the form's submit button disabled until the phrase is typed. The server checks it again."""
    return {"phrase": phrase, "name": name, "error": error}


# --- Things that hold other things ------------------------------------------------------------------------------------------------
def _block(name: str, content: str, **context: Any) -> SafeString:
    return render_to_string(f"components/{name}.html", {"content": content, **context})


@register.simple_block_tag
def panel(content: str, title: str, note: str = "", *, flush: bool = False, id: str = "") -> SafeString:
    """A white panel with a heading. `flush=True` for tables and lists that bring their own padding."""
    return _block("panel", content, title=title, note=note, flush=flush, id=id)


@register.simple_block_tag
def banner(content: str, title: str, tone: str = "accent") -> SafeString:
    """Something that stands where the eye already is. `tone`: accent, look, danger, done, person."""
    return _block("banner", content, title=title, tone=Tone(tone))


@register.simple_block_tag
def nothing(content: str, title: str) -> SafeString:
    """An empty state: why there is nothing, and what next. (Not named `empty`: that word belongs to `for`.)"""
    return _block("nothing", content, title=title)


@register.simple_block_tag
def fact(content: str, label: str) -> SafeString:
    """One row of `<dl class="facts">`."""
    return _block("fact", content, label=label)


@register.simple_block_tag
def dialog(content: str, id: str, title: str, *, wide: bool = False) -> SafeString:
    """A native dialog, opened by `<button data-dialog="id">`."""
    return _block("dialog", content, id=id, title=title, wide=wide)
