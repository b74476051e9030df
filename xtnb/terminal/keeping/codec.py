"""Objects of the state as plain values, and back: no pickle, no class by its path.

What is stored of an object is the values of its fields, in the order of its form, under
the name and version of the form (forms.py). What is not state is never stored: the
market, rules, instruments and prices are named, and looked up again on the way back.
Settings and other values that never change are stored by the names of their fields, so
that a later version may add some.

An object is stored where it lives, once. Where an order mentions a position, a debt or
another order, its name stands instead.
"""

from __future__ import annotations

import dataclasses
import sys
from collections import Counter, deque
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, NamedTuple

import msgspec

from xtnb.errors import XtnbError
from xtnb.terminal.clock import SHANGHAI

_ATOMS = frozenset({type(None), bool, int, float, str, bytes})
_LIST, _TUPLE, _DICT, _SET, _DEQUE, _COUNTER, _DATE, _TIME = range(8)
_OBJECT, _VALUE, _NAME, _UNSET = range(8, 12)
_HOUSE = "xtnb."
_VALUES_OF = ("xtnb.rules.", "xtnb.terminal.")

pack = msgspec.msgpack.Encoder().encode
unpack = msgspec.msgpack.Decoder().decode


class KeepingError(XtnbError):
    """Something of the state that cannot be stored, or what was stored cannot be read."""


class Form(NamedTuple):
    """What is stored of a class.

    Attributes:
        kind, name, version: the class, and what it is called in the journal.
        fields: what is stored, in order.
        handed: what is not: it is handed in, derived, or stored by somebody else.
        ready: called with an object that was read, and the reader, to add what is handed.
        older: by version, what makes the next version's values of that one's.
    """

    kind: type
    name: str
    version: int
    fields: tuple[str, ...]
    handed: frozenset[str]
    ready: Callable[[Any, Reader], None] | None = None
    older: Mapping[int, Callable[[list[Any]], list[Any]]] = {}


Name = Callable[[Any, Any], tuple[Any, ...] | None]
"""Of a value and the object that has it: the name that stands for it, or None to store it."""

Found = Callable[..., Any]
"""Of a reader and a name: what bears it."""


class Forms:
    """The forms of a house, by class and by name, and what is named instead of stored.

    Args:
        forms: of its classes.
        name: see `Name`; asked about everything that is no atom and no container.
        find: by the first part of a name.
    """

    def __init__(self, forms: list[Form], name: Name, find: Mapping[str, Found]) -> None:
        self.by_class = {form.kind: form for form in forms}
        self.by_name = {form.name: form for form in forms}
        self.name = name
        self.find = find

    # -- writing -----------------------------------------------------------------------------

    def plain(self, value: Any, owner: Any = None) -> Any:
        """A value as MessagePack knows it. `owner` is the object that has it."""
        kind = type(value)
        if kind in _ATOMS:
            return value
        write = _CONTAINERS.get(kind)
        if write is not None:
            return write(self, value, owner)
        name = self.name(value, owner)
        if name is not None:
            return [_NAME, *[self.plain(part) for part in name]]
        form = self.by_class.get(kind)
        if form is not None:
            return [_OBJECT, form.name, form.version, *self.values(form, value)]
        if kind.__module__.startswith(_VALUES_OF) and (fields := fields_of(kind)):
            where = f"{kind.__module__.removeprefix(_HOUSE)}.{kind.__name__}"
            found = {one: self.plain(getattr(value, one), value) for one in fields}
            return [_VALUE, where, found]
        raise KeepingError(f"no form for {kind.__module__}.{kind.__qualname__}")

    def values(self, form: Form, value: Any) -> list[Any]:
        """The values of an object's fields, as MessagePack knows them."""
        found = []
        for field in form.fields:
            one = getattr(value, field, _NOTHING)
            if type(one) in _ATOMS:
                found.append(one)
            else:
                found.append([_UNSET] if one is _NOTHING else self.plain(one, value))
        return found


class Reader:
    """Reads what `Forms.plain` wrote, for one terminal.

    Attributes:
        forms: what was written by.
        handed: what names lead to; see accounts.py.
    """

    def __init__(self, forms: Forms, handed: Any) -> None:
        self.forms = forms
        self.handed = handed

    def value(self, plain: Any, into: Any = None) -> Any:
        """What a plain value stands for; an object of the same class is filled, not replaced."""
        if type(plain) is not list:
            return plain
        return _READERS[plain[0]](self, plain, into)

    def fill(self, target: Any, form: Form, version: int, plain: list[Any]) -> None:
        """Give an object the values of its fields."""
        while version < form.version:
            plain = form.older[version](plain)
            version += 1
        fields = form.fields
        if version != form.version or len(plain) != len(fields):
            raise KeepingError(
                f"{form.name} of version {version} with {len(plain)} values is not known here"
            )
        for field, one in zip(fields, plain, strict=True):
            if type(one) is not list:
                setattr(target, field, one)
            elif one[0] != _UNSET:
                setattr(target, field, self.value(one, getattr(target, field, None)))
        if form.ready is not None:
            form.ready(target, self)

    # -- by the kind of what was written -----------------------------------------------------

    def _many(self, plain: list[Any]) -> list[Any]:
        return [one if type(one) is not list else self.value(one) for one in plain[1:]]

    def _dict(self, plain: list[Any], into: Any) -> dict[Any, Any]:
        flat = self._many(plain)
        return dict(zip(flat[::2], flat[1::2], strict=True))

    def _deque(self, plain: list[Any], into: Any) -> deque[Any]:
        size, *rest = self._many(plain)
        return deque(rest, maxlen=size)

    def _object(self, plain: list[Any], into: Any) -> Any:
        _, name, version, *values = plain
        form = self.forms.by_name.get(name)
        if form is None:
            raise KeepingError(f"what is stored as {name!r} is not known here")
        target = into if type(into) is form.kind else object.__new__(form.kind)
        self.fill(target, form, version, values)
        return target

    def _value(self, plain: list[Any], into: Any) -> Any:
        _, where, values = plain
        module, _, name = where.rpartition(".")
        if not (_HOUSE + where).startswith(_VALUES_OF):
            raise KeepingError(f"what is stored as {where!r} is not known here")
        kind = getattr(sys.modules.get(_HOUSE + module), name, None)
        fields = fields_of(kind) if isinstance(kind, type) else ()
        if kind is None or not fields:
            raise KeepingError(f"what is stored as {where!r} is not known here")
        made = kind(**{one: self.value(each) for one, each in values.items() if one in fields})
        return into if type(into) is kind and into == made else made

    def _name(self, plain: list[Any], into: Any) -> Any:
        if len(plain) == 3 and type(plain[2]) is not list:
            return self.forms.find[plain[1]](self, plain[2])
        what, *parts = self._many(plain)
        return self.forms.find[what](self, *parts)


def fields_of(kind: type) -> tuple[str, ...]:
    """The fields of a frozen dataclass or a named tuple; none for other classes."""
    parameters = getattr(kind, "__dataclass_params__", None)
    if parameters is not None and parameters.frozen:
        return tuple(field.name for field in dataclasses.fields(kind) if field.init)
    return tuple(getattr(kind, "_fields", ()))


def _flat(forms: Forms, value: Mapping[Any, Any], owner: Any) -> list[Any]:
    found: list[Any] = []
    for key, one in value.items():
        found.append(forms.plain(key, owner))
        found.append(forms.plain(one, owner))
    return found


def _plain_dict(forms: Forms, value: dict[Any, Any], owner: Any) -> Any:
    for key, one in value.items():
        if type(key) is not str or type(one) not in _ATOMS:
            return [_DICT, *_flat(forms, value, owner)]
    return value


_NOTHING = object()
_CONTAINERS: dict[type, Callable[[Forms, Any, Any], Any]] = {
    list: lambda forms, value, owner: [_LIST, *[forms.plain(one, owner) for one in value]],
    tuple: lambda forms, value, owner: [_TUPLE, *[forms.plain(one, owner) for one in value]],
    dict: _plain_dict,
    set: lambda forms, value, owner: [_SET, True, *sorted(value)],
    frozenset: lambda forms, value, owner: [_SET, False, *sorted(value)],
    deque: lambda forms, value, owner: [
        _DEQUE,
        value.maxlen,
        *[forms.plain(one, owner) for one in value],
    ],
    Counter: lambda forms, value, owner: [_COUNTER, *_flat(forms, value, owner)],
    date: lambda forms, value, owner: [_DATE, value.toordinal()],
    datetime: lambda forms, value, owner: [_TIME, value.isoformat()],
}
_READERS: dict[int, Callable[[Reader, list[Any], Any], Any]] = {
    _LIST: lambda reader, plain, into: reader._many(plain),
    _TUPLE: lambda reader, plain, into: tuple(reader._many(plain)),
    _DICT: Reader._dict,
    _SET: lambda reader, plain, into: set(plain[2:]) if plain[1] else frozenset(plain[2:]),
    _DEQUE: Reader._deque,
    _COUNTER: lambda reader, plain, into: Counter(reader._dict(plain, into)),
    _DATE: lambda reader, plain, into: date.fromordinal(plain[1]),
    _TIME: lambda reader, plain, into: datetime.fromisoformat(plain[1]).astimezone(SHANGHAI),
    _OBJECT: Reader._object,
    _VALUE: Reader._value,
    _NAME: Reader._name,
}
