"""Tests of `history`: it accepts fresh reads and rejects stale ones. `bin/test` runs them."""

from __future__ import annotations

import unittest

from .history import HOME, History, Stale, by


def post(second: int, replies: list[dict] = (), count: int = 0, parent: str | None = None) -> dict:
    return {
        "uuid": f"uuid-{second}",
        "created_at": f"2026-01-01T00:00:{second:02}Z",
        "handle": "alice",
        "reply_to_activity_uuid": parent,
        "replies_count": count,
        "replies": list(replies),
    }


def three_posts() -> History:
    history = History()
    for second in (1, 2, 3):
        history.created(post(second))
    return history


def read_home(history: History, limit: int, *seconds: int) -> None:
    history.check_list(history.begin_read(), HOME, limit, [post(second) for second in seconds])


class HistoryTest(unittest.TestCase):
    def test_a_page_with_all_or_the_newest_activities_is_accepted(self) -> None:
        read_home(three_posts(), 20, 3, 2, 1)
        read_home(three_posts(), 2, 3, 2)

    def test_a_read_without_an_acknowledged_activity_is_rejected(self) -> None:
        for limit, seconds in ((20, (2, 1)), (20, ()), (2, (2, 1)), (3, (3, 1))):
            with self.assertRaises(Stale):
                read_home(three_posts(), limit, *seconds)
        history = three_posts()
        with self.assertRaises(Stale):
            history.check_list(history.begin_read(), by("alice"), 20, [post(1)])
        with self.assertRaises(Stale):
            history.check_not_found(history.begin_read(), "uuid-3")

    def test_a_read_without_a_write_acknowledged_after_it_began_is_accepted(self) -> None:
        history = three_posts()
        began = history.begin_read()
        history.created(post(4))
        history.check_list(began, HOME, 20, [post(3), post(2), post(1)])
        history.check_not_found(began, "uuid-4")
        with self.assertRaises(Stale):
            read_home(history, 20, 3, 2, 1)

    def test_a_page_with_an_activity_twice_or_out_of_order_is_rejected(self) -> None:
        for seconds in ((3, 3, 2, 1), (3, 1, 2)):
            with self.assertRaises(Stale):
                read_home(three_posts(), 20, *seconds)

    def test_a_deleted_activity_is_accepted_only_until_the_deletion_is_acknowledged(self) -> None:
        history = three_posts()
        history.send_deletion("uuid-2")
        read_home(history, 20, 3, 2, 1)
        began = history.begin_read()
        history.deleted("uuid-2")
        history.check_thread(began, post(2), 100)
        read_home(history, 20, 3, 1)
        with self.assertRaises(Stale):
            read_home(history, 20, 3, 2, 1)

    def test_a_read_that_is_older_than_an_earlier_read_is_rejected(self) -> None:
        history = three_posts()
        read_home(history, 20, 4, 3, 2, 1)
        with self.assertRaises(Stale):
            read_home(history, 20, 3, 2, 1)
        history.send_deletion("uuid-2")
        read_home(history, 20, 4, 3, 1)
        with self.assertRaises(Stale):
            read_home(history, 20, 4, 3, 2, 1)

    def test_a_reply_count_that_misses_or_invents_a_reply_is_rejected(self) -> None:
        replies = [post(second, parent="uuid-1") for second in (2, 3, 4, 5)]

        def read_thread(count: int, shown: list[dict]) -> None:
            history = History()
            history.created(post(1))
            for reply in replies:
                history.send_reply("uuid-1")
                history.created(reply)
            history.send_reply("uuid-1")
            history.send_deletion("uuid-2")
            history.check_thread(history.begin_read(), post(1, shown, count), 3)

        read_thread(3, replies[1:])
        read_thread(4, replies[1:])
        read_thread(5, replies[2:] + [post(6, parent="uuid-1")])
        for count, shown in ((2, replies[2:]), (6, replies[1:]), (4, replies[:3]), (4, replies[2:])):
            with self.assertRaises(Stale):
                read_thread(count, shown)


if __name__ == "__main__":
    result = unittest.main(exit=False).result
    failed = len(result.failures) + len(result.errors)
    print(f"{result.testsRun - failed} passed, {failed} failed")
    raise SystemExit(1 if failed else 0)
