"""The commands about users, for the setting sign_in `users`."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli_open import AsJson, Data, print_json, read_settings

if TYPE_CHECKING:
    from pathlib import Path

    from assistant.users import Users

users = typer.Typer(
    help="Add and remove those who may sign in to the chat.", no_args_is_help=True, rich_markup_mode=None
)

Name = Annotated[str, typer.Argument(metavar="NAME", help="Name of the user.")]


@users.command("add")
def users_add(name: Name, data: Data = None, as_json: AsJson = False) -> None:
    """Add a user, or give one another password, which ends the user's sessions.

    The password is asked for; where standard input is no terminal, its first line is the password.
    """
    kept = _users(data)
    password = typer.prompt("Password", hide_input=True, confirmation_prompt=True) if sys.stdin.isatty() else _line()
    new = kept.put(name, password)
    if as_json:
        print_json({"user": name, "added": new})
    else:
        typer.echo(f"{name} may sign in now." if new else f"{name} has another password now.")


@users.command("list")
def users_list(data: Data = None, as_json: AsJson = False) -> None:
    """List the users."""
    names = _users(data).names()
    if as_json:
        print_json({"users": names})
    else:
        typer.echo("\n".join(names) or "There are no users yet. `utblick users add NAME` adds one.")


@users.command("remove")
def users_remove(name: Name, data: Data = None, as_json: AsJson = False) -> None:
    """Remove a user and end the user's sessions."""
    _users(data).remove(name)
    if as_json:
        print_json({"removed": [name]})
    else:
        typer.echo(f"{name} may not sign in any more.")


def _users(data: "Path | None") -> "Users":
    from assistant.users import FILE, Users

    return Users(read_settings(data).data / FILE)


def _line() -> str:
    return sys.stdin.readline().rstrip("\r\n")
