"""Query strings, as strict as bodies."""

from typing import Any

from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from transfers.api.problems import Problem, ProblemRaised
from transfers.api.requests import Strict
from transfers.api.translation import flatten


def read_query(kind: type[Strict], request: Request) -> dict[str, Any]:
    """The parameters as `kind` reads them. Raises ProblemRaised (400): unknown, given twice, or of the wrong shape."""
    twice = {name: ["Give this once."] for name, values in request.query_params.lists() if len(values) > 1}
    if twice:
        raise _wrong(twice)
    query = kind(data=request.query_params.dict())
    try:
        query.is_valid(raise_exception=True)
    except ValidationError as error:
        raise _wrong(flatten(error.detail)) from None
    return dict(query.validated_data)


def _wrong(errors: Any) -> ProblemRaised:
    return ProblemRaised(Problem(400, "invalid_parameter", "Some query parameters are not acceptable; see errors.", errors))
