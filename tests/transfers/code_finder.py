"""Which failure codes a program can raise, read from its syntax: literals, constants of any module, what functions return, and what
is handed through helpers to the place where it is kept.

`unread` are the places where a code is kept that this cannot follow: whoever accepts none of them misses none.
"""

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from tests.transfers.code_syntax import (
    CARRIED,
    Function,
    Scope,
    argument,
    assigned,
    defaults,
    imported,
    kept,
    of_call,
    parameters,
    parts_of,
    walk,
)


@dataclass
class Found:
    codes: set[str] = field(default_factory=set)
    parameters: set[tuple[Scope, str, bool]] = field(default_factory=set)
    unread: set[str] = field(default_factory=set)


class Program:
    """`sources`: the text of each module by its dotted name."""

    def __init__(self, sources: Mapping[str, str]) -> None:
        self.trees = {name: ast.parse(text) for name, text in sources.items()}
        self.nodes = [(node, scope) for name, tree in self.trees.items() for node, scope in walk(tree, Scope(name))]
        self.functions: dict[tuple[str, str], Scope] = {}
        for node, scope in self.nodes:
            if isinstance(node, Function):
                self.functions.setdefault((scope.module, node.name), Scope(scope.module, (*scope.within, node)))
        self.homes = {name: dict(imported(tree)) for name, tree in self.trees.items()}
        self.calls: dict[Scope, list[tuple[ast.Call, Scope]]] = {}
        for node, scope in self.nodes:
            if isinstance(node, ast.Call) and (owner := self._function(node.func, scope)) is not None:
                self.calls.setdefault(owner, []).append((node, scope))
        self._seen: set[tuple[ast.expr, bool]] = set()

    def found(self) -> Found:
        """Every code that is kept anywhere, however it gets there."""
        found, done = Found(), set[tuple[Scope, str, bool]]()
        for node, scope in self.nodes:
            for expression, strict in self._sinks(node, scope):
                self.read(expression, scope, found, strict=strict)
        while waiting := found.parameters - done:
            for owner, name, strict in waiting:
                done.add((owner, name, strict))
                self._handed(owner, name, found, strict=strict)
        return found

    def _handed(self, owner: Scope, name: str, found: Found, *, strict: bool) -> None:
        function = owner.function
        if function is None:
            return
        for call, scope in self.calls.get(owner, ()):
            if (given := argument(call, function, name)) is not None:
                self.read(given, scope, found, strict=strict)

    def read(self, node: ast.expr, scope: Scope, found: Found, *, strict: bool = True) -> None:
        """Add what the expression may be, before its first colon; each is looked at once."""
        if (node, strict) in self._seen:
            return
        self._seen.add((node, strict))
        parts = parts_of(node)
        if parts is not None:
            inner = Scope(scope.module, (*scope.within, node)) if isinstance(node, ast.GeneratorExp) else scope
            self._all(parts, inner, found, strict=strict)
            return
        match node:
            case ast.Constant(value=text):
                found.codes.add(str(text).partition(":")[0])
            case ast.Subscript(value=value, slice=ast.Constant(value=int(place))):
                self._all(self._column(value, place, scope), scope, found, strict=strict)
            case ast.Subscript(value=value):
                self.read(value, scope, found, strict=strict)
            case ast.Name(id=name):
                self._name(node, name, scope, found, strict=strict)
            case ast.Attribute():
                self._attribute(node, scope, found, strict=strict)
            case ast.Call():
                self._call(node, scope, found, strict=strict)
            case _:
                self._unread(node, scope, found, strict=strict)

    def _all(self, nodes: Iterable[ast.expr], scope: Scope, found: Found, *, strict: bool) -> None:
        for node in nodes:
            self.read(node, scope, found, strict=strict)

    def _column(self, node: ast.expr, place: int, scope: Scope) -> Iterator[ast.expr]:
        """That item of a tuple, or of every row of a table."""
        match node:
            case ast.Tuple(elts=rows) | ast.Dict(values=rows) if rows and all(isinstance(row, ast.Tuple) for row in rows):
                yield from (row.elts[place] for row in rows if isinstance(row, ast.Tuple))
            case ast.Tuple(elts=items):
                yield items[place]
            case ast.Name(id=name):
                home, known = self._home(scope.module, name)
                for value in assigned(self.trees[home], known) if home in self.trees else ():
                    yield from self._column(value, place, Scope(home))
            case ast.Call(func=ast.Attribute(value=value, attr="get"), args=[_, default]):
                yield from (*self._column(value, place, scope), *self._column(default, place, scope))
            case _:
                yield node

    def _unread(self, node: ast.expr, scope: Scope, found: Found, *, strict: bool) -> None:
        if strict:
            found.unread.add(f"{scope.module}: {ast.unparse(node)}")

    def _name(self, node: ast.expr, name: str, scope: Scope, found: Found, *, strict: bool) -> None:
        for function in [one for one in reversed(scope.within) if isinstance(one, Function | ast.GeneratorExp)]:
            inner = Scope(scope.module, scope.within[: scope.within.index(function) + 1])
            values = list(assigned(function, name))
            for value in values:
                self.read(value, inner, found, strict=strict)
            if isinstance(function, Function) and name in parameters(function):
                found.parameters.add((inner, name, strict))
                self._all(defaults(function, name), scope, found, strict=strict)
                return
            if values:
                return
        home, known = self._home(scope.module, name)
        values = list(assigned(self.trees[home], known)) if home in self.trees else []
        self._all(values, Scope(home), found, strict=strict)
        if not values:
            self._unread(node, scope, found, strict=strict)

    def _attribute(self, node: ast.Attribute, scope: Scope, found: Found, *, strict: bool) -> None:
        module = self._module(node.value, scope)
        if module:
            self._name(node, node.attr, Scope(module), found, strict=strict)
        elif node.attr not in CARRIED:
            self._unread(node, scope, found, strict=strict)

    def _call(self, node: ast.Call, scope: Scope, found: Found, *, strict: bool) -> None:
        owner = self._function(node.func, scope)
        if owner is not None and owner.function is not None:
            for one in ast.walk(owner.function):
                if isinstance(one, ast.Return) and one.value is not None:
                    self.read(one.value, owner, found, strict=strict)
        elif isinstance(node.func, ast.Name) and node.func.id == "next":
            self._all(node.args, scope, found, strict=strict)
        elif isinstance(node.func, ast.Attribute) and node.func.attr == "get":
            if isinstance(node.args[0], ast.Constant) and node.args[0].value in CARRIED:
                return
            self._all((node.func.value, *node.args[1:]), scope, found, strict=strict)
        else:
            self._unread(node, scope, found, strict=strict)

    def _sinks(self, node: ast.AST, scope: Scope) -> Iterator[tuple[ast.expr, bool]]:
        """Expressions whose value is kept as a code, or begins with one; a text that need not name any is not strict. A rail speaks
        its provider's words, and the console only reads."""
        if scope.module.startswith("transfers.rails"):
            return
        if isinstance(node, ast.Call):
            yield from of_call(node, scope, is_ours=self._is_ours(node.func, scope))
        elif not scope.module.startswith("backoffice"):
            yield from kept(node)

    def _is_ours(self, node: ast.expr, scope: Scope) -> bool:
        """Whether a class of that name is one that carries codes: importers have a Refused of their own."""
        return not isinstance(node, ast.Name) or self._home(scope.module, node.id)[0].startswith("transfers")

    def _function(self, node: ast.expr, scope: Scope) -> Scope | None:
        """Where the function that is called stands."""
        match node:
            case ast.Name(id=name):
                return self.functions.get(self._home(scope.module, name))
            case ast.Attribute(value=ast.Name(id="self"), attr=name):
                return self.functions.get((scope.module, name))
            case ast.Attribute(value=value, attr=name) if module := self._module(value, scope):
                return self.functions.get(self._home(module, name))
        return None

    def _module(self, node: ast.expr, scope: Scope) -> str:
        """The module that a name stands for, empty when it stands for none of ours."""
        if not isinstance(node, ast.Name):
            return ""
        home, name = self._home(scope.module, node.id)
        return next((one for one in (f"{home}.{name}", name) if one in self.trees), "")

    def _home(self, module: str, name: str) -> tuple[str, str]:
        """Where a name of a module is defined, through however many modules that only import it."""
        origin = self.homes.get(module, {}).get(name)
        return self._home(*origin) if origin else (module, name)
