"""HTML of the sign-in page, which stands alone: what it needs of the page's look comes with it."""

from html import escape
from pathlib import Path
from urllib.parse import quote

from assistant.ui_language import LANGUAGES, texts_in

SIGN_IN = "/sign-in"

_STATIC = Path(__file__).parent / "static"


def sign_in_html(language: str, wanted: str, name: str = "", *, failed: bool = False, wait: int = 0) -> str:
    """The sign-in page.

    Args:
        language: `sv` or `en`.
        wanted: Path to go on to.
        name: What was given as the name.
        failed: Whether name and password did not belong together.
        wait: Seconds to wait before the next attempt.
    """
    texts = texts_in(language)
    own = texts.signing_in
    fault = own.wait.format(seconds=wait) if wait else own.failed if failed else ""
    alert = f'<p class="ub-form-error" id="ub-fault" role="alert">{escape(fault)}</p>' if fault else ""
    described = ' aria-describedby="ub-fault" aria-invalid="true"' if fault else ""
    other = next(code for code in LANGUAGES if code != language)
    switch = f"{SIGN_IN}?language={other}&next={quote(wanted, safe='')}"
    style = (_STATIC / "shell.css").read_text("utf-8") + (_STATIC / "sign_in.css").read_text("utf-8")
    dark = "document.documentElement.classList.toggle('dark', matchMedia('(prefers-color-scheme: dark)').matches)"
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(own.sign_in)} – Utblick</title><style>{style}</style><script>{dark}</script></head>"
        '<body class="ub-door"><main class="ub-view" '
        f'data-shown><h1>Utblick</h1><p class="ub-muted">{escape(texts.tagline)}</p>{alert}'
        f'<form method="post" action="{SIGN_IN}?language={language}">'
        f'<input type="hidden" name="next" value="{escape(wanted)}">'
        f'<label for="ub-name">{escape(own.user_name)}</label>'
        f'<input id="ub-name" name="name" value="{escape(name)}" autocomplete="username" autocapitalize="none" '
        f'spellcheck="false" required{described}{"" if name else " autofocus"}>'
        f'<label for="ub-password">{escape(own.password)}</label>'
        f'<input id="ub-password" name="password" type="password" autocomplete="current-password" required{described}'
        f"{' autofocus' if name else ''}>"
        f'<button class="ub-button ub-primary">{escape(own.sign_in)}</button></form>'
        f'<p class="ub-muted">{escape(own.help)}</p>'
        f'<p><a href="{escape(switch)}" lang="{other}">{escape(texts_in(other).signing_in.this_language)}</a></p>'
        "</main></body></html>"
    )
