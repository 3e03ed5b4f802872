"""Errors say what, where, expected, got and a hint, and travel between processes."""

import copy
import inspect
import pickle

import pytest

import earwitness
from earwitness import EarwitnessError, WrongExpectedVersionError, exceptions

CLASSES = [
    cls
    for _, cls in inspect.getmembers(exceptions, inspect.isclass)
    if issubclass(cls, EarwitnessError)
]


def an_error(cls: type[EarwitnessError]) -> EarwitnessError:
    if cls is WrongExpectedVersionError:
        return WrongExpectedVersionError("s", expected_version=3, actual_version=5)
    return cls("It went wrong.", where="here", expected="a", got="b", hint="Mend it.")


@pytest.mark.parametrize("cls", CLASSES)
@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_an_error_survives_being_pickled(cls: type[EarwitnessError], protocol: int):
    error = an_error(cls)
    error.add_note("while testing")
    back = pickle.loads(pickle.dumps(error, protocol))
    assert type(back) is cls
    assert (str(back), back.args, back.__dict__) == (str(error), error.args, error.__dict__)


@pytest.mark.parametrize("cls", CLASSES)
def test_an_error_can_be_copied(cls: type[EarwitnessError]):
    assert copy.copy(an_error(cls)).__dict__ == an_error(cls).__dict__


def test_an_error_is_told_line_by_line():
    assert str(an_error(EarwitnessError)) == (
        "It went wrong.\n  where: here\n  expected: a\n  got: b\n  hint: Mend it."
    )


def test_what_an_error_does_not_know_it_does_not_tell():
    assert str(EarwitnessError("It went wrong.", got="b")) == "It went wrong.\n  got: b"
    assert EarwitnessError("It went wrong.").args == ("It went wrong.",)


def test_a_conflict_tells_both_versions():
    error = WrongExpectedVersionError("s", expected_version=3, actual_version=5)
    assert (error.stream, error.expected_version, error.actual_version) == ("s", 3, 5)
    assert (error.where, error.expected, error.got) == ("stream 's'", "version 3", "version 5")


@pytest.mark.parametrize("cls", CLASSES)
def test_every_error_is_public_and_in_the_tree_of_the_documentation(cls: type[EarwitnessError]):
    assert cls.__name__ in earwitness.__all__
    assert cls.__name__ in (exceptions.__doc__ or "")
