"""What a schema's validator says, in the words of somebody who has to correct the file."""

import re
from dataclasses import dataclass

_LONGEST = 240
_ABOUT = re.compile(r"^Element '(?P<element>[^']*)'(?:, attribute '(?P<attribute>[^']*)')?: ")
_NAMESPACE = re.compile(r"\{[^{}]*:[^{}]*\}")
_TRANSLATED: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.DOTALL), sentence)
    for pattern, sentence in (
        (r"This element is not expected\. Expected is (?:one of )?\( (.*) \)\.", r"it does not belong here; expected is \1"),
        (r"This element is not expected\.", "it does not belong here"),
        (r"Missing child element\(s\)\. Expected is (?:one of )?\( (.*) \)\.", r"something is missing in it; expected is \1"),
        (r"\[facet 'pattern'\] The value '(.*)' is not accepted by the pattern '(.*)'\.", r"'\1' does not have the form \2"),
        (
            r"\[facet 'enumeration'\] The value '(.*)' is not an element of the set .*",
            r"'\1' is not one of the codes that it may hold",
        ),
        (r"\[facet 'maxLength'\] .* length of '(\d+)';.* maximum length of '(\d+)'\.", r"it has \1 characters; \2 are allowed"),
        (r"\[facet 'minLength'\] .* length of '(\d+)';.* minimum length of '(\d+)'\.", r"it has \1 characters; it needs \2"),
        (
            r"\[facet '(?:fraction|total)Digits'\] The value '(.*)' has more (.*) than are allowed \('(\d+)'\)\.",
            r"'\1' has more than \3 \2",
        ),
        (r"'(.*)' is not a valid value of the (?:local )?(?:atomic|union) type.*", r"'\1' is not a value that it may hold"),
        (r"The attribute '(.*)' is required but missing\.", r"its attribute \1 is missing"),
        (r"Character content other than whitespace is not allowed.*", "it holds text where only elements belong"),
    )
)


@dataclass(frozen=True, slots=True)
class Deviation:
    """One place that is not as the schema has it. `line` is 0 where it is not known; `element` is its path below the message."""

    line: int
    element: str
    rule: str

    def __str__(self) -> str:
        where = f"line {self.line}, " if self.line else ""
        return f"{where}{self.element}: {self.rule}"


def element_of(message: str) -> str:
    """The element that the validator speaks about, by its plain name."""
    about = _ABOUT.match(message)
    return _NAMESPACE.sub("", about["element"]) if about else ""


def rule_of(message: str) -> str:
    """The rule, without namespaces and without the validator's own terms."""
    about = _ABOUT.match(message)
    attribute = f"attribute {_NAMESPACE.sub('', about['attribute'])}: " if about and about["attribute"] else ""
    said = _NAMESPACE.sub("", message[about.end() :] if about else message).strip()
    for pattern, sentence in _TRANSLATED:
        found = pattern.fullmatch(said)
        if found:
            said = found.expand(sentence)
            break
    return (attribute + said)[:_LONGEST]
