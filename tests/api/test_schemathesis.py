"""Requests made from the description, right and wrong ones, as every role: nothing breaks, nothing is undocumented.

Takes in every route there is. Derandomised: the same routes give the same requests.
"""

from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, Verbosity, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import APIOperation, Case, GenerationMode, openapi
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    ignored_auth,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from fairlead.api import server as module
from fairlead.api.server import create_server
from fairlead.api.throttle import Throttle
from fairlead.core.access import Caller, Permission, Role
from fairlead.store.database import open_database
from fairlead.store.tokens import Tokens
from tests.api.conftest import copied
from tests.support.served import Rig
from tests.support.workspace import NOW, Workspace

CHECKS = [
    schemathesis.checks.not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
]
Operation = APIOperation[Any, Any, Any, Any]
Made = Case[Operation]
MOST = {GenerationMode.POSITIVE: 20, GenerationMode.NEGATIVE: 10}
BY_EVERYONE = 3
UNREAD = {400, 404, 405, 413, 414, 415, 422, 429, 431}
"""Told to anyone: the request is not one that could be answered."""


def operations() -> dict[str, Operation]:
    server = create_server(None)  # type: ignore[arg-type]  # no route is called
    results = openapi.from_dict(server.openapi()).get_all_operations()
    return {result.ok().label: result.ok() for result in results if isinstance(result, Ok)}


OPERATIONS = operations()


@pytest.fixture(scope="module")
def served(analysed: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Rig, dict[str, str]]]:
    """A server of its own, which the requests may change, and a token of each role. It forgives all who fail."""
    folder = tmp_path_factory.mktemp("schemathesis")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(module, "Throttle", lambda: Throttle(burst=10**9))
        with copied(analysed, folder, "fairlead.db") as rig:
            yield rig, tokens_of(rig)


def tokens_of(rig: Rig) -> dict[str, str]:
    """One of each role."""
    with closing(open_database(str(rig.space.folder / "fairlead.db"))) as store:
        return {role.value: Tokens(store).create(role, role, created_by="tests", now=NOW) for role in Role}


def trial(operation: Operation, mode: GenerationMode, most: int, check: Callable[[Made], None]) -> None:
    """Check so many cases."""

    @settings(
        max_examples=most,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        verbosity=Verbosity.quiet,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def run(case: Made) -> None:
        check(case)

    with suppress(Unsatisfiable):  # nothing can be wrong with a request that has no parts
        run()


@pytest.mark.parametrize("label", OPERATIONS)
def test_operation(label: str, served: tuple[Rig, dict[str, str]]) -> None:
    """Each request as admin, the first ones as everyone else too."""
    rig, tokens = served
    operation, base = OPERATIONS[label], str(rig.client.base_url).rstrip("/")
    needed = operation.definition.raw.get("x-permission")
    callers: dict[str, str | None] = {**tokens, "nobody": None, "forged": "fairlead_" + "x" * 43}
    made = 0

    def ask(case: Made, role: str, token: str | None) -> None:
        may = needed is None or (role in tokens and Caller(role, Role(role)).may(Permission(needed)))
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        answer = case.call(base, headers=headers, timeout=60)
        case.validate_response(answer, checks=CHECKS)
        refused = {403} if role in tokens else {401}
        if not may:  # a wrong request may also have lost its token
            assert answer.status_code in refused | UNREAD | {401}, f"{role} was answered {answer.status_code}"
        elif case.meta is not None and case.meta.generation.mode is GenerationMode.POSITIVE:
            assert answer.status_code != 401

    def check(case: Made) -> None:
        nonlocal made
        made += 1
        for role, token in callers.items():
            if role == Role.ADMIN or made <= BY_EVERYONE:
                ask(case, role, token)

    for mode, most in MOST.items():
        made = 0
        trial(operation, mode, most, check)


def test_no_operation_ignores_authentication(served: tuple[Rig, dict[str, str]]) -> None:
    """As schemathesis tries it: with no, with another, and with the wrong kind of credentials."""
    rig, tokens = served
    for operation in OPERATIONS.values():
        if "x-permission" in operation.definition.raw:

            def check(case: Made) -> None:
                answer = case.call(str(rig.client.base_url), headers={"Authorization": f"Bearer {tokens['admin']}"})
                case.validate_response(answer, checks=[ignored_auth])

            trial(operation, GenerationMode.POSITIVE, 2, check)


def test_nothing_was_broken(served: tuple[Rig, dict[str, str]]) -> None:
    """After all of them the page is served, and the store is sound."""
    rig, _ = served
    assert rig.client.get("/metrics").status_code == 200
    with rig.exporter._database.reading() as connection:
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"


def test_the_folder_holds_nothing_unexpected(served: tuple[Rig, dict[str, str]]) -> None:
    rig, _ = served
    names = {path.name.partition(".")[0] for path in Path(rig.space.folder).iterdir()}
    assert names == {"fairlead", "copy"}, "the configuration, the store, and what it was copied from"
