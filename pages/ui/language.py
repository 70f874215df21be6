"""Which language the reader sees, and the words of figures in it.

The address's ``lang`` comes first, then what was chosen with the switch in this visit, then what was chosen in an
earlier one (a cookie of the browser), then the browser's own language. The switch changes ``lang`` in the address only
where it stands there already: a link that is shared opens in its reader's language, unless somebody wrote it in.

Sentences of errors stay English: they name files, settings and functions, and are what people look up. What the core
says otherwise, of its progress and of what it leaves out, is told by :mod:`pages.ui.sentences` as far as it is known.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import streamlit as st

from analysis_core.report import phrases as report_phrases
from analysis_core.report.phrases import Phrases
from pages.ui import address

LANGUAGES = ("en", "zh")
NAMES = {"en": "English", "zh": "中文"}
"""Every language by its own name: a reader who does not know the present one finds it."""
SWITCH = "lw-language"
COOKIE = "layerwise_language"
_KEY, _CHOSEN, _ADDRESSED = "language", "language-chosen", "language-addressed"
_PHRASES = {"en": report_phrases.ENGLISH, "zh": report_phrases.CHINESE}
_TAGS = {"en": "en", "zh": "zh-Hans"}


_settled: ContextVar[str | None] = ContextVar("language", default=None)


@contextmanager
def settled() -> Iterator[None]:
    """Look the language up once for all that is drawn inside: a page has hundreds of phrases."""
    token = _settled.set(current())
    try:
        yield
    finally:
        _settled.reset(token)


def current() -> str:
    """Code of the language, one of :data:`LANGUAGES`."""
    return _settled.get() or _looked_up()


def _looked_up() -> str:
    asked = address.read("lang")
    if asked in LANGUAGES:
        st.session_state[_KEY] = asked
    elif _KEY not in st.session_state:
        st.session_state[_KEY] = _known_of_reader()
    return str(st.session_state[_KEY])


def phrases() -> Phrases:
    """The words of findings and figures in the reader's language."""
    return _PHRASES[current()]


def choose(code: str) -> None:
    """Show another language from now on; page and address stay as they are."""
    st.session_state[_KEY] = st.session_state[_CHOSEN] = code
    if address.read("lang") is not None:
        address.write(lang=code)


def keep() -> None:
    """Write the language back into the address where it stood before a link left it out: a reload shows the same."""
    if address.read("lang") in LANGUAGES:
        st.session_state[_ADDRESSED] = True
    elif _ADDRESSED in st.session_state:
        address.write(lang=current())


def switch() -> None:
    """The other language by its name, as a quiet button."""
    other = next(code for code in LANGUAGES if code != current())
    st.button(NAMES[other], key=SWITCH, type="tertiary", on_click=choose, args=(other,))


def announce() -> None:
    """Tell the browser: screen readers and line breaks go by the document's language, and a choice is kept.

    After a choice the page is loaded anew, from its address: boxes to select from would keep the words that they show.
    """
    script = f'document.documentElement.lang="{_TAGS[current()]}";'
    chosen = st.session_state.pop(_CHOSEN, None)
    if chosen is not None:
        script += f'document.cookie="{COOKIE}={chosen};path=/;max-age=31536000;SameSite=Lax";'
        script += "if(navigator.cookieEnabled)location.reload();"
    with st.container(key="lw-announce"):
        st.html(f"<script>{script}</script>", unsafe_allow_javascript=True)


def _known_of_reader() -> str:
    """What was chosen in an earlier visit, else what the browser asks for."""
    kept = st.context.cookies.get(COOKIE)
    if kept in LANGUAGES:
        return str(kept)
    return "zh" if (st.context.locale or "").lower().startswith("zh") else "en"
