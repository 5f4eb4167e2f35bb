import pytest

from assistant.access import Access, name_of
from assistant.settings import Settings


@pytest.mark.parametrize(
    ("editors", "local", "user", "may"),
    [
        ("everyone", True, "browser:1", True),
        ("everyone", False, "browser:1", False),
        ("everyone", False, "name:anna", True),
        ("nobody", True, "browser:1", False),
        ("nobody", True, "name:anna", False),
        ("anna, Bo", False, "name:bo", True),
        ("anna, Bo", False, "name:cecilia", False),
        ("anna", True, "browser:1", False),
        ("anna", True, "browser:anna", False),
        ("everyone", False, "", False),
    ],
)
def test_who_may_change_the_library(editors: str, local: bool, user: str, may: bool) -> None:
    assert Access.by(Settings(library_editors=editors), local=local).may_change_library(user) is may


def test_only_who_signed_in_has_a_name() -> None:
    assert (name_of("name:anna"), name_of("browser:anna"), name_of("")) == ("anna", "", "")
