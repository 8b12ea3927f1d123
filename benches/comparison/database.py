"""A database that psql and pgbench reach over its Unix socket: that of an embedded server, or of a cluster of
`tests/faults`."""

from __future__ import annotations

import base64
import os
import re
import shutil
import subprocess
import time
import uuid
from pathlib import Path

from .processes import Broken

ROOT = Path(__file__).resolve().parents[2]
STATEMENTS = ROOT / "src/activities/sql"
USERS = 10_000
# In seconds, for ten million activities.
INDEX_PATIENCE = 1_800

# Parameters of a statement's first page: a cursor after the newest row, or before the oldest, and one row
# more than the page has.
NEWEST_FIRST = {
    "created_at": "9999-12-31 23:59:59.999999+00",
    "uuid": "ffffffff-ffff-ffff-ffff-ffffffffffff",
    "fetch": "21",
}
OLDEST_FIRST = {
    "created_at": "1970-01-01 00:00:00+00",
    "uuid": "00000000-0000-0000-0000-000000000000",
    "fetch": "21",
}


class Database:
    """The database `cruddur` in a data directory whose folder `socket` has the Unix socket."""

    def __init__(self, data_dir: Path, user: str = "cruddur"):
        self.socket = data_dir / "socket"
        self.user = user
        self.url = f"postgresql://{user}@/cruddur?host={self.socket}"
        self.activities = 0

    def query(self, statement: str, **variables: object) -> str:
        """Runs statements, with psql's `:variables`."""
        command = [program("psql"), "--host", str(self.socket), "--username", self.user]
        command += ["--dbname", "cruddur", "--no-psqlrc", "--quiet", "--tuples-only", "--no-align"]
        command += ["--set", "ON_ERROR_STOP=1"]
        for name, value in variables.items():
            command += ["--set", f"{name}={value}"]
        answer = subprocess.run(command, input=statement, capture_output=True, text=True, check=False)
        if answer.returncode != 0:
            raise Broken(f"psql: {answer.stderr.strip()}")
        return answer.stdout.strip()

    def load(self, activities: int) -> None:
        """Replaces all data by those of the benchmarks."""
        self.query("delete from users")
        self.query((ROOT / "benches/data.sql").read_text(), users=USERS, activities=activities)
        self.vacuum_and_checkpoint()
        self.activities = activities

    def wait_until_indexed(self) -> None:
        """Waits until the server has indexed the words of all but the last few activities, and has built the groups."""
        is_busy = """
            select
                (select coalesce(sum(activities), 0) >= 480 from search_tail)
                or (select count(*) >= 4 from search_segments where segment >= 1073741824)
                or exists (select from search_groups where due_at <= now())"""
        deadline = time.monotonic() + INDEX_PATIENCE
        while self.query(is_busy) == "t":
            if time.monotonic() > deadline:
                raise Broken("the words of the activities are not indexed")
            time.sleep(0.2)

    def vacuum_and_checkpoint(self) -> None:
        """Vacuums and checkpoints now, so that neither happens during a measurement."""
        self.query("vacuum analyze; checkpoint;")

    def version(self) -> str:
        return self.query("show server_version")

    def cursor_of_page(self, page: int) -> str:
        """The cursor of home's page of that number."""
        row = self.query(
            """select (extract(epoch from created_at) * 1000000)::bigint, uuid
            from live_activities
            where reply_to_activity_uuid is null
            order by created_at desc, uuid desc
            offset :offset limit 1""",
            offset=(page - 1) * 20 - 1,
        )
        micros, key = row.split("|")
        return cursor(int(micros), uuid.UUID(key))


def cursor(micros: int, key: uuid.UUID) -> str:
    """A cursor in the server's encoding: microseconds since 1970 and the uuid."""
    place = micros.to_bytes(8, "big") + key.bytes
    return base64.urlsafe_b64encode(place).decode().rstrip("=")


def program(name: str) -> str:
    """The path of one of PostgreSQL's programs: in the folder of the server's programs, else from `PATH`."""
    server = Path(os.environ.get("PG_BIN_DIR", ""), "initdb").resolve()
    beside = server.with_name(name)
    found = str(beside) if beside.is_file() else shutil.which(name)
    if not found:
        raise Broken(f"{name} is missing: it comes with PostgreSQL")
    return found


def home_script() -> str:
    """The server's own statement for home, with pgbench variables as parameters."""
    text = (STATEMENTS / "list_home.sql").read_text()
    text = re.sub(r"^\s*--.*\n", "", text, flags=re.MULTILINE)
    names = {"1": ":created_at", "2": ":uuid", "3": ":fetch"}
    if set(re.findall(r"\$(\d+)", text)) != set(names):
        raise Broken("list_home.sql has other parameters than (created_at, uuid, limit)")
    return re.sub(r"\$(\d+)", lambda match: names[match[1]], text).rstrip() + ";\n"


def script(name: str) -> str:
    """A statement of `benches/sql`, which are written for pgbench."""
    return (ROOT / "benches/sql" / f"{name}.sql").read_text()
