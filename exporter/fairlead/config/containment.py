"""`containment` of a model: the serving platform's hook that takes a model out of its decisions."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from fairlead.config.alerting import Url
from fairlead.config.plain import Mapping, Mistakes, section
from fairlead.config.secret_file import EXPECTED, UnusableSecretError, secret_of
from fairlead.config.section import PathText, Section, must_be
from fairlead.config.wording import shown


def _seconds(seconds: int) -> int:
    if not 1 <= seconds <= 60:
        raise must_be("1 to 60 seconds")
    return seconds


class ContainmentKeys(Section):
    """What is written in the file as it is used."""

    url: Url
    on_fairness_critical: Literal["freeze", "manual_review"] = "freeze"
    timeout_seconds: Annotated[int, AfterValidator(_seconds)] = 10
    retries: Annotated[int, Field(ge=1)] = 10


class ContainmentShape(ContainmentKeys):
    """`containment` of a model."""

    secret_file: PathText


class Containment(ContainmentKeys):
    """Where the platform is called, and the file with the secret that signs the calls."""

    secret_file: Path


def frozen_containment(folder: Path, shape: ContainmentShape) -> Containment:
    """The section with an absolute path."""
    keys = {key: getattr(shape, key) for key in ContainmentKeys.model_fields}
    return Containment(**keys, secret_file=folder / shape.secret_file)


def check_containment(models: Sequence[Mapping], folder: Path) -> Mistakes:
    """The files hold secrets."""
    for index, model in enumerate(models):
        file = section(model, "containment").get("secret_file")
        if not file:
            continue
        try:
            secret_of(folder / file)
        except UnusableSecretError as error:
            where = ("models", index, "containment", "secret_file")
            yield where, f"must be {EXPECTED}, got {shown(file)} ({error})"
