"""The templates of the pages, in Bottle's own template language."""
from pathlib import Path

from bottle import template

FOLDER = Path(__file__).resolve().parent / 'pages'
LOOKUP = [str(FOLDER)]  # one list for good: Bottle's template cache goes by its identity


def fill(name, **values):
    """Return a template, filled in."""
    return template(name, template_lookup=LOOKUP, **values)


def read_style():
    """Return the stylesheet of all pages."""
    return (FOLDER / 'style.css').read_text(encoding='utf-8')
