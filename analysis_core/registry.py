"""One generic registry: names to things, clashes are errors, unknown names get a proposal."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from importlib.metadata import entry_points
from typing import Any, Generic, TypeVar

from analysis_core.errors import ConfigurationError, UnknownNameError

Item = TypeVar("Item")
_LOG = logging.getLogger("layerwise.registry")


class Registry(Generic[Item]):
    """A table from names to items.

    Args:
        kind: what an item is called in messages, e.g. ``"method"``.
        entry_point_group: installed packages may add items under this entry-point group;
            they are looked up once, when a name is first asked for.
        adopt: ``adopt(name, loaded)`` makes an item of what such a package offers; by default it is the item.
    """

    def __init__(
        self, kind: str, entry_point_group: str | None = None, adopt: Callable[[str, Any], Item] | None = None
    ) -> None:
        self.kind = kind
        self._items: dict[str, Item] = {}
        self._group = entry_point_group
        self._adopt = adopt or (lambda _name, loaded: loaded)

    def add(self, name: str, item: Item, *, replace: bool = False) -> Item:
        """Register an item under a name.

        Raises:
            ConfigurationError: the name is taken by a different item and ``replace`` is false.
        """
        known = self._items.get(name)
        if known is not None and known is not item and not replace:
            raise ConfigurationError(
                f"The {self.kind} name '{name}' is already taken by {known!r}.",
                remedy="Choose another name.",
            )
        self._items[name] = item
        return item

    def register(self, name: str) -> Callable[[Item], Item]:
        """Decorator form of :meth:`add`."""
        return lambda item: self.add(name, item)

    def get(self, name: str) -> Item:
        """The item of that name.

        Raises:
            UnknownNameError: no such name; the message proposes the nearest one.
        """
        self._load_plugins()
        try:
            return self._items[name]
        except KeyError:
            raise UnknownNameError(self.kind, name, self._items) from None

    def names(self) -> list[str]:
        """All names, in the order of registration."""
        self._load_plugins()
        return list(self._items)

    def copy(self) -> Registry[Item]:
        """A registry of its own with the same items, so that additions stay local."""
        self._load_plugins()
        twin: Registry[Item] = Registry(self.kind)
        twin._items = dict(self._items)
        return twin

    def __contains__(self, name: object) -> bool:
        self._load_plugins()
        return name in self._items

    def __iter__(self) -> Iterator[str]:
        return iter(self.names())

    def __len__(self) -> int:
        self._load_plugins()
        return len(self._items)

    def _load_plugins(self) -> None:
        if self._group is None:
            return
        group, self._group = self._group, None
        for point in entry_points(group=group):
            try:
                self.add(point.name, self._adopt(point.name, point.load()))
            except Exception as error:  # noqa: BLE001 - one broken package must not take the others with it
                _LOG.warning("The %s '%s' (%s) cannot be used: %s", self.kind, point.name, point.value, error)
