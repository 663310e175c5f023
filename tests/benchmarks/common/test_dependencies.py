from __future__ import annotations

from benchmarks.common.dependencies import how_to_install, missing_modules


def test_what_cannot_be_imported_is_missing_also_inside_a_package() -> None:
    chosen = ["json", "os.path", "no_such", "no_such.part", "json.no_such", "json.decoder.no_such"]
    assert missing_modules(chosen) == chosen[2:]


def test_the_package_to_install_is_named_where_it_has_another_name() -> None:
    assert how_to_install(["sklearn", "no_such"]).endswith("pip install scikit-learn no_such")
    assert how_to_install(["sklearn.decomposition", "sklearn"]).endswith("pip install scikit-learn")
    assert how_to_install([]) == ""
