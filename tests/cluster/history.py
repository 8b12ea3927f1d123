"""Checks that reads are fresh: a read shows every write that was acknowledged before it began, and no activity whose
deletion was acknowledged before it began; no read shows an older state than an earlier one. The order of the events
suffices. The rules are those of `tests/api/freshness/history.rs`; here writes may fail and be repeated."""

from __future__ import annotations

from bisect import insort
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Iterator, Mapping

# An activity in an answer.
Activity = Mapping[str, object]
# created_at and uuid, whose texts sort as the values do.
SortKey = tuple[str, str]
# The list of all top-level activities; those of one author and of one thread have names of their own.
HOME = "home"
# The number of latest replies that a feed shows under an activity.
LATEST_REPLIES = 3


class Stale(Exception):
    """A read that shows too little or too much; the text says what."""


@dataclass
class Known:
    """What reads and writes have shown of one activity. Every read that began after `since` shows it, unless its
    deletion was sent; none that began after `gone_since`."""

    since: int
    is_deletion_sent: bool = False
    gone_since: float = float("inf")

    def must_show(self, began: int) -> bool:
        return self.since < began and not self.is_deletion_sent


class History:
    """The reads and writes so far. Times are numbers of events."""

    def __init__(self) -> None:
        self._now = 0
        self._known: dict[str, Known] = {}
        self._lists: dict[str, list[SortKey]] = defaultdict(list)
        self._replies_sent: Counter[str] = Counter()

    def begin_read(self) -> int:
        """Records that a read begins."""
        self._now += 1
        return self._now

    def send_reply(self, parent: str) -> None:
        """Records that a client sends a reply for the first time."""
        self._replies_sent[parent] += 1

    def created(self, activity: Activity) -> None:
        """Records that a write was acknowledged, or that a read showed it."""
        self._now += 1
        key = sort_key(activity)
        if key[1] in self._known:
            return
        self._known[key[1]] = Known(self._now)
        for name in lists(activity):
            insort(self._lists[name], key)

    def send_deletion(self, uuid: str) -> None:
        """Records that a client sends a deletion of an acknowledged activity."""
        self._known[uuid].is_deletion_sent = True

    def deleted(self, uuid: str) -> None:
        """Records that a deletion was acknowledged, or that a read no longer showed the activity."""
        self._now += 1
        known = self._known[uuid]
        known.gone_since = min(known.gone_since, self._now)

    def existing(self) -> set[str]:
        """The uuids of the activities that exist."""
        return {uuid for uuid, known in self._known.items() if not known.is_deletion_sent}

    def gone(self) -> set[str]:
        """The uuids of the activities that no longer exist."""
        return {uuid for uuid, known in self._known.items() if known.gone_since < float("inf")}

    def check_list(self, began: int, name: str, limit: int, shown: list[Activity]) -> None:
        """Checks a page of at most `limit` activities, newest first, of a read that began at a time."""
        keys = [sort_key(activity) for activity in shown]
        if any(newer <= older for newer, older in zip(keys, keys[1:])):
            raise Stale(f"{name} is out of order, or shows an activity twice")
        uuids = {uuid for _, uuid in keys}
        # The next page shows the activities that are older than the last one of a full page.
        end = keys[-1] if len(keys) >= limit else None
        for uuid in self._missing(began, name, uuids, end):
            self.check_not_found(began, uuid)
        # The replies of a thread show how many replies they have, and none of them.
        limit = LATEST_REPLIES if name == HOME or name.startswith("@") else 0
        for activity in shown:
            self.check_thread(began, activity, limit)

    def check_thread(self, began: int, activity: Activity, limit: int) -> None:
        """Checks one activity with up to `limit` replies."""
        uuid = str(activity["uuid"])
        known = self._known.get(uuid)
        if known and known.gone_since < began:
            raise Stale(f"{uuid} was deleted before the read and is shown")
        replies = [self._known[key[1]] for key in self._lists.get(uuid, ())]
        least = sum(reply.must_show(began) for reply in replies)
        most = self._replies_sent[uuid] - sum(reply.gone_since < began for reply in replies)
        count, shown = int(activity["replies_count"]), list(activity["replies"])
        if not least <= count <= most:
            raise Stale(f"{uuid} counts {count} replies, and {least} to {most} are right")
        if len(shown) != min(count, limit):
            raise Stale(f"{uuid} counts {count} replies and shows {len(shown)}")
        self.created(activity)
        if limit:
            self.check_list(began, uuid, limit, shown[::-1])

    def check_not_found(self, began: int, uuid: str) -> None:
        """Checks a read that did not find an activity."""
        known = self._known.get(uuid)
        if known is None or known.since >= began:
            return
        if not known.is_deletion_sent:
            raise Stale(f"{uuid} existed before the read and is not shown")
        self.deleted(uuid)

    def _missing(self, began: int, name: str, shown: set[str], end: SortKey | None) -> Iterator[str]:
        """The activities of a list that existed before the read, belong to the page and are not on it."""
        for key in reversed(self._lists.get(name, ())):
            if end is not None and key < end:
                return
            if key[1] not in shown and self._known[key[1]].since < began:
                yield key[1]


def by(handle: object) -> str:
    """The name of the list of one author's activities."""
    return f"@{handle}"


def sort_key(activity: Activity) -> SortKey:
    return str(activity["created_at"]), str(activity["uuid"])


def lists(activity: Activity) -> list[str]:
    """The names of the lists that show an activity; a thread has its parent's uuid as its name."""
    parent = activity["reply_to_activity_uuid"]
    return [str(parent)] if parent else [HOME, by(activity["handle"])]
