"""The strings of signing in, in both languages."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SignInTexts:
    """Strings in one language. Braces name what is filled in with `str.format`."""

    sign_in: str
    sign_out: str
    signed_in_as: str
    user_name: str
    password: str
    failed: str
    wait: str
    help: str
    this_language: str


SIGN_IN_SV = SignInTexts(
    sign_in="Logga in",
    sign_out="Logga ut",
    signed_in_as="Inloggad som {name}",
    user_name="Användarnamn",
    password="Lösenord",  # noqa: S106
    failed="Användarnamnet och lösenordet hör inte ihop. Kontrollera båda och försök igen.",
    wait="För många misslyckade försök. Vänta {seconds} sekunder och försök igen.",
    help="Saknar du konto eller har du glömt lösenordet? Vänd dig till den som förvaltar Utblick.",
    this_language="På svenska",
)
SIGN_IN_EN = SignInTexts(
    sign_in="Sign in",
    sign_out="Sign out",
    signed_in_as="Signed in as {name}",
    user_name="User name",
    password="Password",  # noqa: S106
    failed="User name and password do not belong together. Check both and try again.",
    wait="Too many failed attempts. Wait {seconds} seconds and try again.",
    help="No account, or password forgotten? Ask whoever manages Utblick.",
    this_language="In English",
)
