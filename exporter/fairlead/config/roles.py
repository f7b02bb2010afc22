"""A role as it is written in the file."""

from typing import Annotated

from pydantic import AfterValidator

from fairlead.config.section import must_be
from fairlead.core.access import Role

ROLES = ", ".join(role.value for role in Role)


def _role(text: str) -> str:
    if text not in set(Role):
        raise must_be(f"one of {ROLES}")
    return text


RoleName = Annotated[str, AfterValidator(_role)]
