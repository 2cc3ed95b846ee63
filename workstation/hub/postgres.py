"""PostgreSQL as the hub's database: its address, its sessions, the triggers that guard rows, its errors in words."""

from __future__ import annotations

from typing import Any

from sqlalchemy import URL, Connection, Engine, Table, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, OperationalError

from workstation.errors import CallIsWrong, Expected, SurroundingsFailed

_LIBPQ = {
    "connect_timeout": "10",
    # A server that went away without a word is noticed within a minute, not after the two hours of the system.
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "keepalives_count": "3",
    "tcp_user_timeout": "30000",
    "application_name": "sinebar hub",
}
_SESSION = (
    "SET lock_timeout = '15s'",
    # A hub whose computer lost its power in the middle of a push must not keep the writers' turn for hours.
    "SET idle_in_transaction_session_timeout = '60s'",
    "SET tcp_keepalives_idle = 30",
    "SET tcp_keepalives_interval = 10",
    "SET tcp_keepalives_count = 3",
    # Whatever the server is set to: a writer sees what the one before it left, and numbers come back as they were kept.
    "SET default_transaction_isolation = 'read committed'",
    "SET extra_float_digits = 1",
    # What a station was told is kept survives a crash of the server, however the server is set.
    "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'",
)
_WRITERS_TURN = "SELECT pg_advisory_xact_lock(7163394)"
"""One writer at a time, as SQLite's BEGIN IMMEDIATE gives; the number only has to be the same for all hubs."""
_ONE_VIEW = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"
_SHOWN = frozenset({"host", "hostaddr", "port", "user", "dbname", "service"})
_SAFER = "Give the address in SINEBAR_HUB_DATABASE, or without the password and keep that in the file ~/.pgpass."


def refuse_password(url: str) -> None:
    """Raise CallIsWrong for an address that holds a password: for where others can see it."""
    address = _read(url)
    if address.password is not None or any("password" in name for name in address.query):
        raise CallIsWrong("A password on the command line can be read by everyone on this computer.", _SAFER)


def connect_lazily(url: str) -> tuple[Engine, str]:
    """An engine for the address, and what to call it in a sentence; nothing is connected yet.

    Raises CallIsWrong for a bad address, SurroundingsFailed without the driver.
    """
    address = _read(url)
    shown = {name: value for name, value in address.query.items() if name in _SHOWN}
    said = URL.create("postgresql", address.username, None, address.host, address.port, address.database, shown)
    complete = {**_LIBPQ, **address.query, "client_encoding": "UTF8"}
    try:
        engine = create_engine(
            address.set(drivername="postgresql+psycopg", query=complete), pool_pre_ping=True, hide_parameters=True
        )
    except ModuleNotFoundError as error:
        raise SurroundingsFailed(
            "The hub needs the driver psycopg for PostgreSQL, and it is not installed here.",
            "Install it with `pip install 'psycopg[binary]>=3.2'` and start again.",
        ) from error
    event.listen(engine, "connect", _connected)
    event.listen(engine, "begin", _begun)
    return engine, said.render_as_string()


def _read(url: str) -> URL:
    try:
        address = make_url(url)
        backend = address.get_backend_name()
    except (ArgumentError, ValueError):  # not told on: their words may hold a piece of the password
        raise CallIsWrong(
            "The database address cannot be read.", "Give it as postgresql://user@host:5432/name."
        ) from None
    if backend != "postgresql":
        raise CallIsWrong(
            f"The database address starts with {backend}, which the hub does not speak.",
            "Give postgresql://user@host/name, or leave --database out for a file in --data.",
        )
    if "@" in (address.host or ""):
        raise CallIsWrong(
            "The database address holds more than one @.", "Write an @ of the password as %40, or keep it in ~/.pgpass."
        )
    return address


def _connected(raw: Any, _record: Any) -> None:
    raw.autocommit = True
    for statement in _SESSION:
        raw.execute(statement)
    raw.autocommit = False


def _begun(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql(_WRITERS_TURN if writes else _ONE_VIEW)


def check_encoding(connection: Connection, said: str) -> None:
    """Raise SurroundingsFailed for a database that cannot hold every character of every station."""
    encoding = connection.execute(text("SHOW server_encoding")).scalar_one()
    if encoding != "UTF8":
        raise SurroundingsFailed(
            f"{said} keeps texts as {encoding}; the hub needs UTF8, for every character that a station may send.",
            "Make the database anew: CREATE DATABASE name ENCODING 'UTF8' TEMPLATE template0.",
        )


def guard_rows(connection: Connection, tables: tuple[Table, ...]) -> None:
    """Triggers that refuse to change, delete or truncate what is kept for good."""
    connection.execute(
        text(
            "CREATE FUNCTION sinebar_refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'the hub keeps its records for good'; END $$"
        )
    )
    for table in tables:
        connection.execute(
            text(
                f"CREATE TRIGGER {table.name}_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON {table.name} "
                "FOR EACH STATEMENT EXECUTE FUNCTION sinebar_refuse_change()"
            )
        )


def explained(error: DBAPIError, said: str) -> Expected | None:
    """What went wrong around the hub, by the server's SQLSTATE; None when it is the hub's own mistake."""
    code = getattr(error.orig, "sqlstate", None) or ""
    words = _words(error)
    for begins, sentence, next_step in _SURROUNDINGS:
        if code.startswith(begins):
            return SurroundingsFailed(sentence.format(said=said, words=words), next_step)
    if code == "" and isinstance(error, (OperationalError, InterfaceError)):
        return SurroundingsFailed(
            f"{said} cannot be reached: {words}.", "Check that it runs, and its host, port, name, user and password."
        )
    if code == "" and error.statement is None:
        return CallIsWrong(f"The database address cannot be used: {words}.", "See the help page of the hub.")
    return None


_SURROUNDINGS = (
    ("53100", "The disk that holds {said} is full.", "Free space on it."),
    ("53", "{said} has nothing left to give: {words}.", "Raise its limits, or end what else uses it."),
    ("55P03", "{said} is locked by another program.", "Close it and try again."),
    ("25006", "{said} takes no changes now: {words}.", "Give the address of the server that does, or wait for it."),
    ("25P03", "{said} ended a transaction that stood still.", "Nothing of it was kept; try again."),
    ("42501", "{said} refuses its user: {words}.", "Give this user the rights that the help page of the hub names."),
    ("3F000", "{said} has no schema for the hub's tables.", "Make one, and check the search_path of its user."),
    ("40", "Another program got in the way in {said}.", "Nothing of this was kept; try again."),
    ("58", "The computer of {said} fails: {words}.", "Look at the disk and the log of the server."),
    ("XX", "{said} is damaged: {words}.", "Look at the log of the server; put back the newest backup."),
    ("57", "{said} broke off: {words}.", "Nothing of this was kept; try again when it runs."),
    ("08", "{said} cannot be reached: {words}.", "Check the network to it."),
)
"""How an SQLSTATE begins (PostgreSQL, appendix A), the sentence and the next step; the first that fits is said."""


def _words(error: DBAPIError) -> str:
    """The server's own words without where they came from: one line, no full stop."""
    lines = str(error.orig).splitlines() or [type(error.orig).__name__]
    # Of a statement the first line, since the others quote data; of a connection the last attempt.
    attempts = [line for line in lines if error.statement is None and "failed: " in line] or lines[:1]
    return attempts[-1].rpartition("failed: ")[2].strip().removeprefix("FATAL:").strip().rstrip(".")
