"""What callers send: bodies without unknown fields, and text that any store can hold."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

Name = Annotated[str, StringConstraints(min_length=1, max_length=128)]
Line = Annotated[str, StringConstraints(min_length=1, max_length=256)]
Prose = Annotated[str, StringConstraints(min_length=1, max_length=16_384)]


class Body(BaseModel):
    """A JSON body; a field that it does not know is refused."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)
