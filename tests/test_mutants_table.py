"""The table of mutants fits the source: `make mutants` runs them."""

from tests.mutants import MUTANTS, misfits


def test_every_mutant_changes_a_guard_that_is_there_and_names_a_test_that_is_there() -> None:
    assert misfits(MUTANTS) == []


def test_every_mutant_has_a_name_of_its_own() -> None:
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS)
