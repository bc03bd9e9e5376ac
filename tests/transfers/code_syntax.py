"""What the finder of failure codes reads out of pieces of syntax: where a code is kept, and what an expression is made of."""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

Function = ast.FunctionDef | ast.AsyncFunctionDef
# Where the code stands in the call: these carry it by position.
POSITION = {"Refused": 0, "Waiting": 0, "Problem": 1, "_unauthenticated": 0}
CATALOGUES = {"FAILURES", "REFUSALS", "CATALOGUE"}
NAMED, SPOKEN = "failure_code", {"last_error", "stopped_by"}
# What was kept or raised before is carried on: it was found where it began.
CARRIED = {"code", "failure_code", "last_error", "stopped_by"}


@dataclass(frozen=True)
class Scope:
    module: str
    within: tuple[ast.AST, ...] = ()

    @property
    def function(self) -> Function | None:
        return next((one for one in reversed(self.within) if isinstance(one, Function)), None)


def parts_of(node: ast.expr) -> Sequence[ast.expr] | None:
    """The expressions that it may be, or begin with: none for what is no code or was one before, None when it has no parts."""
    match node:
        case ast.Constant(value=value) if not isinstance(value, str):
            return ()
        case ast.JoinedStr(values=[first, *_]):
            return (first,)
        case ast.FormattedValue(value=value) | ast.NamedExpr(value=value) | ast.Starred(value=value):
            return (value,)
        case ast.GeneratorExp(elt=elt):
            return (elt,)
        case ast.IfExp(body=body, orelse=orelse):
            return (body, orelse)
        case ast.BoolOp(values=values) | ast.Dict(values=values) | ast.Tuple(elts=values) | ast.List(elts=values):
            return values
        case ast.Subscript(slice=ast.Constant(value=str(key))) if key in CARRIED:
            return ()
    return None


def imported(tree: ast.Module) -> Iterator[tuple[str, tuple[str, str]]]:
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module:
            yield from ((alias.asname or alias.name, (node.module, alias.name)) for alias in node.names)


def walk(tree: ast.Module, scope: Scope) -> Iterator[tuple[ast.AST, Scope]]:
    waiting: list[tuple[ast.AST, Scope]] = [(tree, scope)]
    while waiting:
        node, scope = waiting.pop()
        yield node, scope
        inner = Scope(scope.module, (*scope.within, node)) if isinstance(node, Function | ast.ClassDef) else scope
        waiting += ((child, inner) for child in ast.iter_child_nodes(node))


def kept(node: ast.AST) -> Iterator[tuple[ast.expr, bool]]:
    match node:
        case ast.Raise(exc=ast.Call(keywords=keywords)):
            yield from ((one.value, True) for one in keywords if one.arg == "code")
        case ast.Dict(keys=keys, values=values):
            for key, value in zip(keys, values, strict=True):
                name = key.value if isinstance(key, ast.Constant) else ""
                if name in {"code", NAMED} or name in SPOKEN:
                    yield value, name == NAMED
        case ast.Subscript(value=ast.Name(id=name), slice=key) if name in CATALOGUES:
            yield key, True
        case ast.Assign(targets=[ast.Name(id="code")], value=value):
            yield value, False


def of_call(node: ast.Call, scope: Scope, *, is_ours: bool) -> Iterator[tuple[ast.expr, bool]]:
    name = getattr(node.func, "id", getattr(node.func, "attr", ""))
    own = scope.within[-2] if len(scope.within) > 1 else None
    bases = {getattr(base, "id", "") for base in own.bases} if isinstance(own, ast.ClassDef) else set()
    position = next((POSITION[base] for base in bases if base in POSITION), None) if name == "__init__" else POSITION.get(name)
    if is_ours and position is not None and len(node.args) > position:
        yield node.args[position], True
    for keyword in node.keywords:
        if keyword.arg == NAMED or keyword.arg in SPOKEN:
            yield keyword.value, keyword.arg == NAMED


def parameters(function: Function) -> list[str]:
    given = function.args
    return [one.arg for one in (*given.posonlyargs, *given.args, *given.kwonlyargs)]


def defaults(function: Function, name: str) -> list[ast.expr]:
    given = function.args
    positional = [one.arg for one in (*given.posonlyargs, *given.args)]
    pairs = [*zip(positional[len(positional) - len(given.defaults) :], given.defaults, strict=True)]
    pairs += [(one.arg, value) for one, value in zip(given.kwonlyargs, given.kw_defaults, strict=True) if value is not None]
    return [value for known, value in pairs if known == name]


def argument(call: ast.Call, function: Function, name: str) -> ast.expr | None:
    for keyword in call.keywords:
        if keyword.arg == name:
            return keyword.value
    names = [one for one in parameters(function) if one not in ("self", "cls")]
    place = names.index(name)
    return call.args[place] if place < len(call.args) else None


def assigned(body: ast.AST, name: str) -> Iterator[ast.expr]:
    """What a name is set to in a function or module, item by item where several are set at once."""
    for node in ast.walk(body):
        match node:
            case ast.Assign(targets=[target], value=value):
                yield from _paired(target, value, name)
            case ast.AnnAssign(target=target, value=ast.expr() as value) | ast.NamedExpr(target=target, value=value):
                yield from _paired(target, value, name)
            case ast.For(target=target, iter=value) | ast.comprehension(target=target, iter=value):
                yield from _paired(target, value, name)


def _paired(target: ast.expr, value: ast.expr, name: str) -> Iterator[ast.expr]:
    if isinstance(target, ast.Name) and target.id == name:
        yield value
    elif isinstance(target, ast.Tuple):
        for place, one in enumerate(target.elts):
            if isinstance(one, ast.Name) and one.id == name:
                yield ast.Subscript(value, ast.Constant(place), ast.Load(), lineno=target.lineno, col_offset=target.col_offset)
