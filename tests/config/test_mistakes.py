"""Each mistake in fairlead.yml has one message with its line, and no mistake hides another.

`mistakes.txt` lists them: a title, the text of `valid.yml` (-), what stands there instead (+) and the message (=).
"""

from dataclasses import dataclass
from pathlib import Path

import pytest

from fairlead.config.load import load
from fairlead.errors import ConfigError
from tests.support.config_files import put_beside

HERE = Path(__file__).parent
VALID = (HERE / "valid.yml").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Mistake:
    title: str
    old: str
    new: str
    message: str

    @property
    def lines(self) -> set[int]:
        first = VALID[: VALID.index(self.old)].count("\n")
        return set(range(first, first + self.old.count("\n") + 1))


def _read(block: str) -> Mistake:
    marked = [(line[:1], line[2:]) for line in block.splitlines()]
    return Mistake(*("\n".join(text for mark, text in marked if mark == wanted) for wanted in "#-+="))


MISTAKES = [_read(block) for block in (HERE / "mistakes.txt").read_text(encoding="utf-8").strip().split("\n\n")]

# About one value: a mistake of the first set and one of the second do not go together.
TOUCHING = [
    ({"unknown key", "label is prediction"}, {"feature is label"}),
    ({"control character"}, {"repeated model name"}),
    ({"list as probabilities", "probability of one class"}, {"favourable outside probabilities"}),
    (
        {"unknown task"},
        {
            "favourable of a regression",
            "positive of a regression",
            "score of a regression",
            "probabilities of a regression",
            "attributes of a regression without a favourable range",
        },
    ),
    ({"input key is prediction"}, {"feature is input key", "attribute is input key"}),
    (
        {"personal key of files"},
        {"input key is prediction", "log beside a path", "format of the log", "id is prediction"},
    ),
    ({"personal column without a key file"}, {"prediction log as text"}),
    ({"hashed inputs beside an input key"}, {"yes for hashed inputs"}),
    ({"delay without labels"}, {"delay without a unit", "delay of a fraction", "delay before now"}),
    ({"repeated name of a token"}, {"token named like no caller"}),
    (
        {"unknown key of access"},
        {
            "unknown key of a token",
            "token without a role",
            "unknown role",
            "token named like no caller",
            "repeated name of a token",
            "token elsewhere",
            "token in a missing file",
            "short token",
            "empty token",
            "token of two lines",
            "secret of another token",
        },
    ),
    ({"token elsewhere", "token in a missing file"}, {"secret of another token"}),
    (
        {"unknown key of alerting"},
        {
            "unknown key of an endpoint",
            "address of no web server",
            "token beside a user",
            "user without a password",
            "password without a user",
            "authority in a missing file",
        },
    ),
    ({"token beside a user"}, {"user without a password", "password without a user"}),
    ({"user without a password"}, {"password without a user"}),
    ({"labels of an unknown format"}, {"labels without a path", "labels elsewhere"}),
    ({"labels without a key", "key is timestamp", "key is a probability"}, {"feature is key", "label is key"}),
    ({"text as labels"}, {"feature is key", "feature is a label apart"}),
    (
        {"labels without a label", "label is key", "label apart is prediction"},
        {"feature is a label apart", "timestamp of a label is the label"},
    ),
    ({"unit without a timestamp"}, {"unknown key of labels", "unknown unit of labels"}),
    (
        {"reference to a part of an intersection", "reference to no interval of an intersection"},
        {
            "text as intersection",
            "number in an intersection",
            "intersection of one",
            "intersection of five",
            "unknown attribute in an intersection",
            "intersection of itself",
            "attribute twice in an intersection",
        },
    ),
    (
        {"text as check-ins", "repeated check-in"},
        {
            "unknown kind of check-in",
            "check-in at once",
            "check-in with a slash",
            "repeated check-in",
            "team with a line break",
            "unknown key of a check-in",
        },
    ),
    ({"text as check-ins"}, {"repeated check-in"}),
    ({"person with a markup", "repeated person"}, {"unknown person in a rotation", "unknown stand-in"}),
    ({"person with a markup"}, {"repeated person"}),
    (
        {"unknown time zone", "override without a time", "override until a holiday"},
        {"override that ends before it begins", "overrides at once"},
    ),
    ({"override without a time", "override that ends before it begins"}, {"overrides at once"}),
    ({"rotation that is missing"}, {"rotation with a dash", "rotation as a word of its own"}),
    ({"handover without a time"}, {"start on another day"}),
]


def touch(mistake: Mistake, other: Mistake) -> bool:
    """Whether one of them is no mistake, or another, once the other is made."""
    return any(
        (mistake.title in one and other.title in two) or (mistake.title in two and other.title in one)
        for one, two in TOUCHING
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("config")
    put_beside(folder)
    return folder


def messages(folder: Path, *mistakes: Mistake) -> list[str]:
    """What `load` says about the valid text with these mistakes, without the file's name."""
    text = VALID
    for mistake in mistakes:
        text = text.replace(mistake.old, mistake.new)
    file = folder / "fairlead.yml"
    file.write_text(text, encoding="utf-8")
    try:
        load(file)
    except ConfigError as error:
        return [line.removeprefix(f"{file}:").replace(str(folder), "FOLDER") for line in str(error).splitlines()]
    return []


def test_the_text_without_a_mistake_loads(folder: Path) -> None:
    assert messages(folder) == []


def test_what_touches_is_a_mistake() -> None:
    assert {title for sides in TOUCHING for side in sides for title in side} <= {mistake.title for mistake in MISTAKES}


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.title)
def test_one_mistake_has_one_message(folder: Path, mistake: Mistake) -> None:
    assert VALID.count(mistake.old) == 1
    assert messages(folder, mistake) == [mistake.message]


def fitting(start: int) -> list[Mistake]:
    """As many mistakes as one text can hold, taken in turn from the given one on."""
    chosen: list[Mistake] = []
    for mistake in MISTAKES[start:] + MISTAKES[:start]:
        if not any(mistake.lines & other.lines or touch(mistake, other) for other in chosen):
            chosen.append(mistake)
    return chosen


@pytest.mark.parametrize("start", range(len(MISTAKES)))
def test_many_mistakes_have_all_their_messages_sorted_by_line(folder: Path, start: int) -> None:
    mistakes = fitting(start)
    assert len(mistakes) > 1
    found = messages(folder, *mistakes)
    assert sorted(found) == sorted(mistake.message for mistake in mistakes)
    lines = [int(message.split(":")[0]) for message in found]
    assert lines == sorted(lines)
